/** What must be ended when the stack stops: ended once, in the opposite order. */
export class Shutdown {
  readonly #stops: (() => Promise<void>)[] = [];
  #running: Promise<void> | undefined;

  /** What comes up when the stop is already under way is ended at once. */
  add(stop: () => Promise<void>): void {
    if (this.#running === undefined) this.#stops.push(stop);
    else this.#running = Promise.all([this.#running, stop()]).then(() => {});
  }

  /** Resolves when all has ended; also when called again. One that fails does not keep the others from ending. */
  run(): Promise<void> {
    this.#running ??= this.#all();
    return this.#running;
  }

  async #all(): Promise<void> {
    const failures: unknown[] = [];
    for (let stop = this.#stops.pop(); stop !== undefined; stop = this.#stops.pop()) {
      await stop().catch((error) => failures.push(error));
    }
    if (failures.length > 0) throw new AggregateError(failures, 'The local stack did not stop in order');
  }
}

const BAR_WIDTH = 30;
const REDRAW_MS = 80;

/**
 * A progress bar with rate and time left. In a terminal one line is drawn again and again; elsewhere only the last line is printed.
 */
export class ProgressBar {
  readonly #label: string;
  readonly #total: number;
  readonly #out: NodeJS.WriteStream;
  readonly #start = performance.now();
  #done = 0;
  #drawn = 0;

  constructor(label: string, total: number, out: NodeJS.WriteStream = process.stdout) {
    this.#label = label;
    this.#total = total;
    this.#out = out;
  }

  /** Counts one more, or several; the last one ends the line. Where the total was a guess that was too low, what comes after it is not counted. */
  tick(count = 1): void {
    if (this.#done >= this.#total) return;
    this.#done = Math.min(this.#done + count, this.#total);
    const finished = this.#done >= this.#total;
    const now = performance.now();
    if (!finished && (!this.#out.isTTY || now - this.#drawn < REDRAW_MS)) return;
    this.#drawn = now;
    this.#out.write(`${this.#out.isTTY ? '\r\x1b[K' : ''}${this.#line(now)}${finished ? '\n' : ''}`);
  }

  /** Ends the line, also where the total was a guess that was too high. */
  end(): void {
    this.tick(this.#total);
  }

  #line(now: number): string {
    const share = this.#done / this.#total;
    const bar = '█'.repeat(Math.round(share * BAR_WIDTH)).padEnd(BAR_WIDTH, '░');
    const seconds = (now - this.#start) / 1000;
    const rate = this.#done / seconds;
    const time = share < 1 ? `${((this.#total - this.#done) / rate).toFixed(0)} s left` : `${seconds.toFixed(1)} s`;
    return `${this.#label} ${bar} ${this.#done}/${this.#total}  ${rate.toFixed(1)}/s  ${time}`;
  }
}

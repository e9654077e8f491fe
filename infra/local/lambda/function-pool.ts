import { randomUUID } from 'node:crypto';
import type { Credentials } from '../permissions/credentials.ts';
import type { FunctionConfig } from './environment.ts';
import { type InvocationResult, PAYLOAD_LIMIT, RequestTooLarge } from './invocation.ts';
import { startWorker, type Worker, type WorkerSurroundings } from './worker.ts';

// Lambda's default is 1,000 for an account. A process is some 70 MB here; a caller beyond these waits instead of being throttled.
const DEFAULT_CONCURRENCY = 8;
const IDLE_MS = 60_000;

export interface PoolOptions {
  /** A process that had nothing to do for so long is ended. Default one minute. */
  idleMilliseconds?: number;
}

/** All processes of one function: started when called, one invocation at a time each, reused, ended when idle. */
export class FunctionPool {
  readonly config: FunctionConfig;
  readonly #surroundings: WorkerSurroundings;
  readonly #idleMilliseconds: number;
  readonly #concurrency: number;
  readonly #idle: { worker: Worker; timer: NodeJS.Timeout }[] = [];
  readonly #waiting: (() => void)[] = [];
  readonly #workers = new Set<Worker>();
  readonly #codeOf = new WeakMap<Worker, string>();
  #code: string;
  #busy = 0;
  #stopped = false;

  constructor(config: FunctionConfig, surroundings: WorkerSurroundings, options: PoolOptions = {}) {
    this.config = config;
    this.#code = config.code;
    this.#surroundings = surroundings;
    this.#idleMilliseconds = options.idleMilliseconds ?? IDLE_MS;
    this.#concurrency = config.reservedConcurrency ?? DEFAULT_CONCURRENCY;
  }

  /** How many processes live now. */
  get processes(): number {
    return this.#workers.size;
  }

  /** Of its role's session: its own calls are signed with them, and those of whoever calls it on its role's behalf. */
  get credentials(): Credentials {
    return this.#surroundings.credentials;
  }

  /** Writes into the function's log what went wrong around it. */
  report(problem: string): void {
    this.#surroundings.log.write(problem);
  }

  /** What the function wrote, newest last. */
  get log(): readonly string[] {
    return this.#surroundings.log.lines();
  }

  /**
   * Invokes the function as a synchronous Invoke call does.
   *
   * @param event anything JSON can carry.
   * @throws RequestTooLarge over 6 MB. What the function itself does wrong is in the result.
   */
  async invoke(event: unknown, requestId: string = randomUUID()): Promise<InvocationResult> {
    const payload = JSON.stringify(event);
    if (Buffer.byteLength(payload) > PAYLOAD_LIMIT) {
      throw new RequestTooLarge(
        `${Buffer.byteLength(payload)} bytes for ${this.config.name}; a synchronous invocation takes at most ${PAYLOAD_LIMIT}`,
      );
    }
    await this.#turn();
    try {
      const worker = await this.#worker();
      const result = await worker.invoke({ requestId, payload });
      this.#release(worker);
      return result;
    } finally {
      this.#busy--;
      this.#waiting.shift()?.();
    }
  }

  /** From now on new processes run the code in `code`; those at work finish what they do. */
  replaceCode(code: string): void {
    this.#code = code;
    this.#retireIdle();
  }

  /** Ends every process at once, also those at work, as the end of their machines would. @returns how many there were */
  async crash(): Promise<number> {
    const workers = [...this.#workers];
    await Promise.all(workers.map((worker) => worker.stop()));
    return workers.length;
  }

  /** Ends every process, also those at work, and resolves when they are gone. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#retireIdle();
    await Promise.all([...this.#workers].map((worker) => worker.stop()));
    this.#surroundings.log.close();
  }

  async #turn(): Promise<void> {
    while (this.#busy >= this.#concurrency) await new Promise<void>((next) => this.#waiting.push(next));
    this.#busy++;
  }

  async #worker(): Promise<Worker> {
    for (let kept = this.#idle.pop(); kept !== undefined; kept = this.#idle.pop()) {
      clearTimeout(kept.timer);
      if (kept.worker.alive()) return kept.worker;
      this.#workers.delete(kept.worker);
    }
    const code = this.#code;
    const worker = await startWorker({ ...this.config, code }, this.#surroundings);
    this.#workers.add(worker);
    this.#codeOf.set(worker, code);
    if (this.#stopped) await worker.stop();
    return worker;
  }

  #release(worker: Worker): void {
    if (!worker.alive()) {
      this.#workers.delete(worker);
    } else if (this.#stopped || this.#codeOf.get(worker) !== this.#code) {
      this.#retire(worker);
    } else {
      const kept = { worker, timer: setTimeout(() => this.#expire(worker), this.#idleMilliseconds) };
      kept.timer.unref();
      this.#idle.push(kept);
    }
  }

  #expire(worker: Worker): void {
    const at = this.#idle.findIndex((kept) => kept.worker === worker);
    if (at === -1) return;
    this.#idle.splice(at, 1);
    this.#retire(worker);
  }

  #retireIdle(): void {
    for (const { worker, timer } of this.#idle.splice(0)) {
      clearTimeout(timer);
      this.#retire(worker);
    }
  }

  #retire(worker: Worker): void {
    worker.stop().then(() => this.#workers.delete(worker));
  }
}

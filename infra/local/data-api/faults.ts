import * as z from 'zod';
import { DataApiError } from './errors.ts';
import { OPERATIONS, type Operation } from './request.ts';

/** What can be made to go wrong, and what the caller sees of it. */
export const FAULT_KINDS = {
  resuming: 'DatabaseResumingException; nothing ran',
  throttled: 'ThrottlingException, 429; nothing ran',
  'internal-error': 'InternalServerErrorException, 500; nothing ran',
  'service-unavailable': 'ServiceUnavailableError, 503; nothing ran',
  unavailable: 'DatabaseUnavailableException, 504; nothing ran',
  'unavailable-after': 'the same 504 although the statement ran and, outside of a transaction, is committed',
  'dropped-before': 'the connection breaks; nothing ran',
  'dropped-after': 'the connection breaks; the statement ran and, outside of a transaction, is committed',
  slow: 'the right answer, delayMs late',
  'timeout-continues': 'StatementTimeoutException at once; the statement goes on',
  oversize: 'the response size limit, after the statement ran; an open transaction is lost',
  'expired-transaction': 'the transaction of the request has expired: rolled back, not found',
} as const;

export type FaultKind = keyof typeof FAULT_KINDS;

const Fault = z.strictObject({
  kind: z.enum(Object.keys(FAULT_KINDS) as [FaultKind, ...FaultKind[]]),
  /** The operations it hits. Default: all. */
  operation: z
    .union([
      z.enum(OPERATIONS as [Operation, ...Operation[]]),
      z.array(z.enum(OPERATIONS as [Operation, ...Operation[]])),
    ])
    .optional(),
  /** Requests that match, let through first. */
  skip: z.int().min(0).default(0),
  /** How often it strikes. */
  count: z.int().min(1).default(1),
  /** Strikes at each match with this probability, drawn from `seed`; skip and count as above. */
  probability: z.number().min(0).max(1).default(1),
  seed: z.int().min(0).default(1),
  /** Only statements whose text contains this. */
  sql: z.string().optional(),
  /** `slow`: how late, in milliseconds. `resuming`: for how long after its first strike, instead of `count`. */
  delayMs: z.int().min(0).optional(),
});

/** A fault as it is written: everything but its kind has a default. */
export type FaultSpec = z.input<typeof Fault>;

/** A fault that strikes now. */
export interface Strike {
  kind: FaultKind;
  delayMs: number;
}

interface Armed extends z.output<typeof Fault> {
  struck: number;
  seen: number;
  since: number | undefined;
  draw: () => number;
}

/** The faults an endpoint is to show, in the order they were added; of those that match a request the first strikes. */
export class Faults {
  #armed: Armed[] = [];

  /** @throws DataApiError ValidationException that says what is wrong with the fault. */
  add(...specs: FaultSpec[]): void {
    for (const spec of specs) {
      const parsed = Fault.safeParse(spec);
      if (!parsed.success)
        throw new DataApiError('ValidationException', `Not a fault: ${z.prettifyError(parsed.error)}`);
      this.#armed.push({ ...parsed.data, struck: 0, seen: 0, since: undefined, draw: mulberry32(parsed.data.seed) });
    }
  }

  clear(): void {
    this.#armed = [];
  }

  /** Each fault and how often it has struck. */
  list(): (z.output<typeof Fault> & { struck: number })[] {
    return this.#armed.map(({ seen: _seen, since: _since, draw: _draw, ...fault }) => fault);
  }

  /** The fault that strikes this request, if any; counts it. */
  strike(operation: Operation, sql: string | undefined): Strike | undefined {
    if (this.#armed.length === 0) return undefined;
    for (const fault of this.#armed) {
      if (!matches(fault, operation, sql) || spent(fault)) continue;
      if (fault.seen++ < fault.skip || fault.draw() >= fault.probability) continue;
      fault.struck++;
      fault.since ??= Date.now();
      return { kind: fault.kind, delayMs: fault.delayMs ?? 0 };
    }
    return undefined;
  }
}

const matches = (fault: Armed, operation: Operation, sql: string | undefined): boolean =>
  (fault.operation === undefined || [fault.operation].flat().includes(operation)) &&
  (fault.sql === undefined || (sql?.includes(fault.sql) ?? false));

function spent(fault: Armed): boolean {
  if (fault.kind === 'resuming' && fault.delayMs !== undefined) {
    return fault.since !== undefined && Date.now() - fault.since >= fault.delayMs;
  }
  return fault.struck >= fault.count;
}

// A 32-bit generator good enough to spread strikes (public domain, Tommy Ettinger), so that a seed replays a run.
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

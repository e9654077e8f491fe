import { Conflict } from '../../../functions/platform/errors.ts';

/** Of one kind of request in one stage: milliseconds of those that were answered, and the words of those that failed with how often. */
export interface Kind {
  ms: number[];
  failures: Record<string, number>;
}

/** Kinds of requests by stage and name. */
export type Stages = Record<string, Record<string, Kind>>;

/** `refused`: a rule of the product was in the way, as it tells any user: no failure. */
export type Answer = 'done' | 'refused' | 'failed';

/** Times requests as their clients see them. */
export class Requests {
  readonly stages: Stages = {};
  /** What is going on while they are made. */
  stage = '';

  /** Does one. It belongs to the stage in which it ends. */
  async time(name: string, request: () => Promise<unknown>): Promise<Answer> {
    const began = performance.now();
    try {
      await request();
    } catch (error) {
      if (error instanceof Conflict) return 'refused';
      const { failures } = this.#kind(name);
      const words = wordsOf(error);
      failures[words] = (failures[words] ?? 0) + 1;
      return 'failed';
    }
    this.#kind(name).ms.push(performance.now() - began);
    return 'done';
  }

  #kind(name: string): Kind {
    this.stages[this.stage] ??= {};
    const stage = this.stages[this.stage] as Record<string, Kind>;
    stage[name] ??= { ms: [], failures: {} };
    return stage[name];
  }
}

function wordsOf(error: unknown): string {
  const { name, message, code, sqlState } = error as Error & { code?: string; sqlState?: string };
  return [name, sqlState ?? code, message?.replaceAll(/\b[0-9A-HJKMNP-TV-Z]{26}\b/g, '<id>')].filter(Boolean).join(' ');
}

import { ProgressBar } from '../../infra/local/progress.ts';

/** One request of one kind. */
export type Work = () => Promise<unknown>;

export const WARM_UP = 10;

/**
 * Does one of each, `turns` times over, after a warm-up; every other turn backwards, so that none always follows the same one. Answers the milliseconds
 * each took, in order.
 */
export async function timeInTurn(
  label: string,
  work: Record<string, Work>,
  turns: number,
): Promise<Map<string, number[]>> {
  const each = Object.entries(work);
  const times = new Map(each.map(([name]) => [name, [] as number[]]));
  const bar = new ProgressBar(label, WARM_UP + turns, process.stderr);
  for (let turn = -WARM_UP; turn < turns; turn += 1) {
    for (const [name, run] of turn % 2 === 0 ? each : each.toReversed()) {
      const start = performance.now();
      await run();
      if (turn >= 0) times.get(name)?.push(performance.now() - start);
    }
    bar.tick();
  }
  return times;
}

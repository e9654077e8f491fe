/** One request of one kind. */
export type Work = () => Promise<unknown>;

const WARM_UP = 10;

/** Does one of each, `turns` times over, after a warm-up. Answers the milliseconds each took, in order. */
export async function timeInTurn(work: Record<string, Work>, turns: number): Promise<Map<string, number[]>> {
  const times = new Map(Object.keys(work).map((name) => [name, [] as number[]]));
  for (let turn = -WARM_UP; turn < turns; turn += 1) {
    for (const [name, run] of Object.entries(work)) {
      const start = performance.now();
      await run();
      if (turn >= 0) times.get(name)?.push(performance.now() - start);
    }
  }
  return times;
}

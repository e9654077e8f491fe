import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until `look` answers something, looking every 50 ms. @throws with what was waited for when `ms` are over */
export async function eventually<Found>(
  what: string,
  look: () => Promise<Found | undefined | false>,
  ms = 60_000,
): Promise<Found> {
  const end = Date.now() + ms;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`${what}: not within ${ms} ms`);
    await sleep(50);
  }
}

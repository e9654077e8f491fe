/** Longest wait between two deliveries, in seconds: a version's metadata should not be hours late because a service was away for minutes. */
const LONGEST_SECONDS = 900;

/**
 * Seconds until a message is delivered again: twice as long each time, capped, and somewhere in the upper half of that, so that messages which
 * failed together do not come back together.
 *
 * @param receives how often it has been delivered, from 1
 * @param random 0 to 1
 */
export function backoffSeconds(receives: number, baseSeconds: number, random = Math.random()): number {
  const most = Math.min(LONGEST_SECONDS, baseSeconds * 2 ** Math.min(30, Math.max(0, receives - 1)));
  return Math.ceil((most * (1 + random)) / 2);
}

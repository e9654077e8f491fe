const SHORTEST_MS = 1_000;
const LONGEST_MS = 30_000;

/**
 * How long to wait before looking again for what is on its way. A build takes seconds or many minutes: as long as nothing happens each wait is half as
 * long again as the one before, up to half a minute; when something did, what is next may be near.
 */
export const nextWait = (before: number | undefined, changed: boolean): number =>
  before === undefined || changed ? SHORTEST_MS : Math.min(before * 1.5, LONGEST_MS);

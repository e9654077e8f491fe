import { measure } from '../platform/metrics.ts';
import type { Integrity } from './check.ts';
import { KINDS, type Kind } from './finding.ts';

/**
 * How much was found: `IntegrityFindings`, 0 when all is well, and of each kind by its own name; `IntegrityUnfinished`: 1 when not all was looked at;
 * `IntegrityVersions`: how many versions were.
 */
export function measureIntegrity({ findings, versions, notLookedAt }: Integrity): void {
  measure(
    ['IntegrityFindings', findings.total],
    ...(Object.keys(KINDS) as Kind[]).map((kind): [string, number] => [KINDS[kind].metric, findings.counts[kind]]),
    ['IntegrityUnfinished', notLookedAt.length === 0 ? 0 : 1],
    ['IntegrityVersions', versions],
  );
}

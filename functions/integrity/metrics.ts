import { type Metric, measure } from '../platform/metrics.ts';
import type { Integrity } from './check.ts';
import { KINDS, type Kind } from './finding.ts';

/**
 * How much was found: `IntegrityFindings`, 0 when all is well, and of each kind by its own name; `IntegrityUnfinished`: 1 if the check was incomplete;
 * `IntegrityVersions`: the number of versions checked. An incomplete check without findings emits no `IntegrityFindings`, so that the findings of the last check remain.
 */
export function measureIntegrity({ findings, versions, notLookedAt }: Integrity): void {
  const lookedAtAll = notLookedAt.length === 0;
  const found = (Object.keys(KINDS) as Kind[]).map((kind): Metric => [KINDS[kind].metric, findings.counts[kind]]);
  measure(
    ...(lookedAtAll || findings.total > 0 ? [['IntegrityFindings', findings.total] satisfies Metric, ...found] : []),
    ['IntegrityUnfinished', lookedAtAll ? 0 : 1],
    ['IntegrityVersions', versions],
  );
}

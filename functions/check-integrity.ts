import type { Catalog } from './integrity/catalog.ts';
import { checkIntegrity } from './integrity/check.ts';
import { KINDS } from './integrity/finding.ts';
import { measureIntegrity } from './integrity/metrics.ts';
import { background } from './platform/background.ts';
import { log } from './platform/log.ts';
import { connectOnce } from './platform/single-attempt.ts';

/** migrations/catalog.json, compiled in when the function is bundled. */
declare const __CATALOG__: Catalog;

/** The last page may take 40 s, and the findings are written after it. */
const LAST_PAGE_MS = 60_000;

/** Compares the database with what this system promises, and says what is not so: a line each, counted in metrics. Changes nothing. */
export const handler = background(async (_: unknown, context) => {
  const deadline = Date.now() + context.getRemainingTimeInMillis();
  const database = connectOnce(deadline);
  const integrity = await checkIntegrity({ database, catalog: __CATALOG__, until: deadline - LAST_PAGE_MS });
  const { findings, state, versions, notLookedAt } = integrity;
  for (const finding of findings.listed) {
    const { means, next } = KINDS[finding.kind];
    log.error(`integrity: ${means}`, { ...finding, next });
  }
  for (const what of notLookedAt) log.warn('integrity: a part was not checked', { what });
  log.info('integrity was checked', { state, versions, findings: findings.total });
  measureIntegrity(integrity);
});

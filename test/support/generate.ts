import { randomUUID } from 'node:crypto';
import { generateMetadata } from '../../functions/metadata/generate.ts';
import type { Delivery, Outcome } from '../../functions/metadata/outcome.ts';
import type { Generators } from '../../functions/metadata/propose.ts';
import { classifyByRules } from '../../functions/metadata/rules.ts';
import type { Database } from '../../functions/platform/database.ts';

/** A batch as the function works on it, by rules alone unless said otherwise. */
export const generateBatch = (
  database: Database,
  deliveries: (Pick<Delivery, 'id' | 'body'> & Partial<Delivery>)[],
  generators: Partial<Generators> = {},
): Promise<Outcome[]> =>
  generateMetadata(
    database,
    randomUUID(),
    deliveries.map((delivery) => ({ receives: 1, correlationId: delivery.id, ...delivery })),
    { rules: classifyByRules, maxReceives: 6, modelUntil: Date.now() + 10_000, ...generators },
  );

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rollBack } from '../../../functions/migrations/rollback.ts';
import { compileRollback } from '../../../infra/build/compile-migrations.ts';
import { LONG } from '../../support/effort.ts';
import {
  type LegacyDatabase,
  legacyDatabase,
  openLegacyDatabase,
  ownMigrations,
} from '../../support/legacy-database.ts';
import { legacyShapes } from '../../support/legacy-shapes.ts';
import type { TestDatabase } from '../../support/owned-database.ts';
import { readSchema } from '../../support/schema.ts';
import { Random } from '../../support/simulation/random.ts';

const SEED = Number(process.env.SEED ?? 2026);
const TIMES = LONG ? 20 : 1;

const all = await ownMigrations();
const rollback = await compileRollback();
const SILENT = { info: () => {}, warn: () => {} };

let original: TestDatabase;
let undisturbed: unknown;
beforeAll(async () => {
  const made = await legacyDatabase(...(legacyShapes['both filled'] ?? []));
  original = made.test;
  await made.disconnect();
  undisturbed = await onACopy((db) => redeploy(db));
});
afterAll(() => original.drop());

async function onACopy(work: (db: LegacyDatabase) => Promise<void>): Promise<unknown> {
  const db = await openLegacyDatabase(await original.copy());
  try {
    await work(db);
    return await end(db);
  } finally {
    await db.close();
  }
}

/** What is there when all is over. How often it was begun is not in it: the moments, the counts. */
async function end(db: LegacyDatabase) {
  return {
    // A rollback lets go of columns that were bound, and the backup is made anew: of the table as it is then.
    schema: (await readSchema(db.owner)).split('\n\n').filter((part) => !part.includes('project_versions_backup')),
    versions: await db.rows(`select to_jsonb(v) - 'id' as row from project_versions v order by version_id`),
    findings: await db.findings(),
    ledger: await db.rows(
      `select name, checksum, applied_at is not null as applied from version_history.migrations order by 1`,
    ),
    lease: await db.rows(`select holder, rolled_back_at from version_history.migration_lease`),
  };
}

async function redeploy(db: LegacyDatabase): Promise<void> {
  while (!(await db.migrate({ holder: 'the redeployment' })).complete) await sleep(20);
}

test.each(Array.from({ length: TIMES }, (_, index) => SEED + index))(
  'two deployments, CloudFormation’s rollback of one, the way back, and a redeployment, in an order that seed %i says, end the same way',
  { timeout: 300_000 },
  async (seed) => {
    const ended = await onACopy(async (db) => {
      const random = new Random(seed);
      const slice = () => ({ until: Date.now() + 20 + random.below(380) });
      const actors: Record<string, () => Promise<unknown>> = {
        'a deployment': () => db.migrate({ holder: 'deployment one', ...slice() }),
        'another deployment': () => db.migrate({ holder: 'deployment two', ...slice() }),
        'its backfill': () => db.migrate({ holder: 'the backfill', continues: true, ...slice() }),
        // An update with the old properties: code that knows less than the database.
        'CloudFormation’s rollback': () =>
          db.migrate({ holder: 'deployment zero', through: 'expand', migrations: all.slice(0, 4), ...slice() }),
        'the way back': () =>
          rollBack(rollback, { database: db.database, holder: 'an engineer', log: SILENT, ...slice() }),
      };
      const names = Object.keys(actors);
      const story: string[] = [];
      for (let turn = 0; turn < 12; turn += 1) {
        // Often two at once.
        const chosen = [random.pick(names), ...(random.chance(0.5) ? [random.pick(names)] : [])];
        story.push(chosen.join(' + '));
        await Promise.all(
          chosen.map((name) =>
            actors[name]?.().catch((error: Error) => {
              // A deployment that the way back has overtaken fails, and says so; deployed again, it goes forward.
              if (!/were taken back meanwhile/.test(error.message)) throw error;
            }),
          ),
        ).catch((error: Error) => {
          throw new Error(`${story.join(', ')}: ${error.message}`, { cause: error });
        });
      }
      await redeploy(db);
    });
    expect(ended).toEqual(undisturbed);
  },
);

import { afterAll, describe, expect, test } from 'vitest';
import type { Migration } from '../../../functions/migrations/migration.ts';
import { CRASHES, callsOf, crashPoints } from '../../support/crash.ts';
import { LONG } from '../../support/effort.ts';
import {
  type LegacyDatabase,
  legacyDatabase,
  openLegacyDatabase,
  ownMigrations,
} from '../../support/legacy-database.ts';
import { legacyShapes, someShapes } from '../../support/legacy-shapes.ts';
import type { TestDatabase } from '../../support/owned-database.ts';
import { readSchema } from '../../support/schema.ts';
import { eventually } from '../../support/wait.ts';

/** Every so many crash points, from a place that SEED moves; with LONG=1 on every shape. All of them take two hours. */
const STRIDE = LONG ? 11 : 199;
let point = Number(process.env.SEED ?? 2) % STRIDE;

const all = await ownMigrations();
const expand = all.filter(({ phase }) => phase === 'expand');

/**
 * The files whose work depends on the shape. What lies between them, the history's own tables and functions, is the same on all shapes and is there already
 * when the second part begins.
 */
const PARTS: { name: string; before: Migration[]; files: Migration[] }[] = [
  { name: 'the tables', before: [], files: expand.slice(0, 3) },
  {
    name: 'the takeover',
    before: expand.slice(0, 3),
    files: all.filter(({ phase, name }) => phase !== 'contract' && !/^00[678]/.test(name)),
  },
];

/** Everything that a run leaves behind and that does not name a moment of it. */
async function end(db: LegacyDatabase) {
  const takenOver = (
    await db.rows(`select to_regclass('version_history.project_versions_backup') is not null as it`)
  )[0]?.it;
  const rows = (from: string, order = 'version_id') => db.rows(`select ${from} order by ${order}`);
  return {
    schema: await readSchema(db.owner),
    versions: await rows(`to_jsonb(v) - 'id' as row from project_versions v`),
    ledger: await rows(
      `name, checksum, next_step, digest, cursor, rows_done, step_rows, applied_at is not null as applied from version_history.migrations`,
      'name',
    ),
    // Who died with everything done holds it for two minutes.
    lease: await rows(`rolled_back_at from version_history.migration_lease`, '1'),
    ...(takenOver === true && {
      backup: await rows(`to_jsonb(v) - 'id' as row from version_history.project_versions_backup v`),
      report: await rows(`kind, project_id, version_id, detail from version_history.takeover_report`, '1, 2, 3'),
    }),
  };
}

describe.each(someShapes(2))('%s', (shape) => {
  const made: TestDatabase[] = [];
  afterAll(async () => {
    for (const database of made) await database.drop();
  });

  test.each(PARTS)('$name: broken off anywhere, it goes on to the same end', async ({ before, files }) => {
    const original = await legacyDatabase(...(legacyShapes[shape] ?? []));
    made.push(original.test);
    if (before.length > 0) await original.migrate({ migrations: before, through: 'expand' });
    await original.disconnect();

    const run = async (crash?: Parameters<typeof callsOf>[1]) => {
      const copy = await openLegacyDatabase(await original.test.copy());
      const { made: calls, database } = callsOf(copy, crash);
      try {
        const outcome = await copy
          .migrate({ migrations: files, database })
          .catch((error: Error) => `${error.cause ?? error}`);
        if (crash?.how.startsWith('killed')) expect(outcome).toBe(`Killed: at call ${crash.at}`);
        else expect(outcome, 'not failed').toBeTypeOf('object');
        // A transaction that was left open ends by itself, and until then its holder is taken for alive.
        await eventually('the next run', async () => (await copy.migrate({ migrations: files })).complete);
        return { calls, end: await end(copy) };
      } finally {
        await copy.close();
      }
    };

    const undisturbed = await run();
    const points = crashPoints(undisturbed.calls);
    expect(points.length).toBeGreaterThan(10);
    for (const at of points)
      for (const how of CRASHES) {
        point = (point + 1) % STRIDE;
        if (point !== 0) continue;
        expect((await run({ at, how })).end, `${how} call ${at}: ${undisturbed.calls[at]}`).toEqual(undisturbed.end);
      }
  });
});

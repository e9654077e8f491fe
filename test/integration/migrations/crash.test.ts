import { afterEach, expect, test } from 'vitest';
import type { FaultKind } from '../../../infra/local/data-api/faults.ts';
import { LONG } from '../../support/effort.ts';
import { legacyMetadata, legacyPublications, legacyVersions } from '../../support/legacy-data.ts';
import { type LegacyDatabase, legacyDatabase, legacyTables } from '../../support/legacy-database.ts';
import { readSchema } from '../../support/schema.ts';

/** Every call of a run with LONG=1; else every so many, from a place that SEED moves, another one for each kind of fault. */
const STRIDE = LONG ? 1 : 41;
const SEED = Number(process.env.SEED ?? 7);

const KINDS: FaultKind[] = ['dropped-before', 'dropped-after', 'unavailable-after'];

const old = async () => [await legacyTables(), legacyVersions, legacyMetadata, legacyPublications];
const open: LegacyDatabase[] = [];
afterEach(() => Promise.all(open.splice(0).map((db) => db.close())));

async function fresh(): Promise<LegacyDatabase> {
  const db = await legacyDatabase(...(await old()));
  open.push(db);
  return db;
}

/** Everything that a run leaves behind and that does not name a moment. */
async function end(db: LegacyDatabase) {
  return {
    schema: await readSchema(db.owner),
    versions: await db.rows(`select to_jsonb(v) - 'id' as row from project_versions v order by version_id`),
    backup: await db.rows(`select to_jsonb(v) - 'id' as row from project_versions_backup v order by version_id`),
    metadata: await db.rows(
      `select to_jsonb(m) - 'created_at' as row from project_versions_metadata m order by version_id`,
    ),
    report: await db.rows(
      `select kind, project_id, version_id, detail from project_versions_consolidation_report order by 1, 2, 3`,
    ),
    ledger:
      await db.rows(`select name, checksum, next_step, digest, cursor, rows_done, applied_at is not null as applied
                             from project_versions_migrations order by name`),
  };
}

let undisturbed: { calls: number; end: Awaited<ReturnType<typeof end>> } | undefined;
async function withoutFault() {
  if (undisturbed) return undisturbed;
  const db = await fresh();
  db.dataApi.faults.add({ kind: 'slow', delayMs: 0, count: 100_000 });
  await db.migrate();
  const calls = db.dataApi.faults.list()[0]?.struck ?? 0;
  undisturbed = { calls, end: await end(db) };
  return undisturbed;
}

/** The calls to hit: all, or a sample. */
async function places(kind: FaultKind): Promise<number[]> {
  const { calls } = await withoutFault();
  expect(calls).toBeGreaterThan(60);
  const first = (SEED + 13 * KINDS.indexOf(kind)) % STRIDE;
  return Array.from({ length: calls }, (_, call) => call).filter((call) => call % STRIDE === first);
}

test.each(KINDS)(
  'one call %s, anywhere: the run goes on by itself to the same end',
  { timeout: 3_600_000 },
  async (kind) => {
    for (const skip of await places(kind)) {
      const db = await fresh();
      db.dataApi.faults.add({ kind, skip });
      expect(await db.migrate(), `call ${skip}`).toMatchObject({ complete: true });
      expect(await end(db), `call ${skip}`).toEqual((await withoutFault()).end);
      await open.pop()?.close();
    }
  },
);

test.each(KINDS)(
  'killed with a call %s, anywhere: the next run goes on to the same end',
  { timeout: 3_600_000 },
  async (kind) => {
    for (const skip of await places(kind)) {
      const db = await fresh();
      // One strike as it dies, and nothing comes through any more: no rollback, no release of the lease.
      db.dataApi.faults.add({ kind, skip }, { kind: 'dropped-before', skip: skip + 1, count: 1_000 });
      const killed = await db.migrate({ until: Date.now() + 120 }).catch((error) => error);
      expect(killed, `call ${skip}`).toMatchObject({ complete: false });
      db.dataApi.faults.clear();
      expect(await db.migrate(), `call ${skip}`).toMatchObject({ complete: true });
      expect(await end(db), `call ${skip}`).toEqual((await withoutFault()).end);
      await open.pop()?.close();
    }
  },
);

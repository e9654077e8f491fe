import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readFacts } from '../../../functions/integrity/catalog.ts';
import { readOnly } from '../../../functions/integrity/read-only.ts';
import { MigrationFailed } from '../../../functions/migrations/failure.ts';
import { rollBack } from '../../../functions/migrations/rollback.ts';
import { compileRollback } from '../../../infra/build/compile-migrations.ts';
import { expectedOf, type Shape, shapes, statementsOf, told } from '../../support/any-old-database.ts';
import { LONG } from '../../support/effort.ts';
import { type LegacyDatabase, legacyDatabase } from '../../support/legacy-database.ts';

const RUNS = Number(process.env.RUNS ?? (LONG ? 300 : 4));

test(
  `an old database of any shape is taken over whole and given back as it was, or left as it is with all the reasons told: ${RUNS} shapes`,
  async () => {
    const seen = { whole: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(shapes, async (shape) => {
        const { statements, refused } = await statementsOf(shape);
        const db = await legacyDatabase(...statements);
        try {
          if (refused.length > 0) await staysAsItIs(db, refused);
          else await isTakenOver(db, shape);
          seen[refused.length > 0 ? 'refused' : 'whole'] += 1;
        } finally {
          await db.close();
        }
      }),
      { numRuns: RUNS, ...(process.env.SEED ? { seed: Number(process.env.SEED) } : {}), reporter: report },
    );
    expect(seen.whole).toBeGreaterThan(0);
    if (LONG) console.log(`any old database: ${seen.whole} taken over, ${seen.refused} refused`);
  },
  RUNS * 30_000,
);

function report(details: fc.RunDetails<[Shape]>): void {
  if (!details.failed) return;
  const [shape] = details.counterexample ?? [];
  throw new Error(
    `seed ${details.seed}, path ${details.counterexamplePath}: ${shape ? told(shape).join('; ') : ''}\n${(details.errorInstance as Error)?.message}`,
    { cause: details.errorInstance },
  );
}

async function staysAsItIs(db: LegacyDatabase, refused: string[]): Promise<void> {
  const before = await everything(db);
  const failure = await db.migrate().then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(MigrationFailed);
  // What the rows are refused for is looked at once the columns are as they have to be.
  const columns = refused.filter((what) => !what.endsWith('.classification_confidence'));
  for (const what of columns.length > 0 ? columns : refused) expect((failure as Error).message).toContain(what);
  expect(await everything(db)).toEqual(before);
}

async function isTakenOver(db: LegacyDatabase, shape: Shape): Promise<void> {
  const before = await rowsOf(db, await columnsOf(db));
  const names = await columnsOf(db);
  expect(await db.migrate()).toMatchObject({ complete: true });
  expect(await versions(db)).toEqual(expectedOf(shape));
  expect((await lost(db)).filter(({ lost }) => lost > 0)).toEqual([]);

  await rollBack(await compileRollback(), {
    ...{ database: db.database, holder: 'the way back', until: Date.now() + 60_000 },
    log: { info: () => {}, warn: () => {} },
  });
  expect(await rowsOf(db, names)).toEqual(before);

  expect(await db.migrate()).toMatchObject({ complete: true });
  expect(await versions(db)).toEqual(expectedOf(shape));
  await db.owner.query(`update version_history.takeover set reported_at = now() - interval '8 days'`);
  expect(await db.migrate({ through: 'contract' })).toMatchObject({ complete: true });
  expect(await versions(db)).toEqual(expectedOf(shape));
  expect(await db.rows(`select 1 from version_history.project_versions_metadata`)).toHaveLength(4);
}

/** The catalog of both schemas, and all rows. */
async function everything(db: LegacyDatabase) {
  const facts = await readOnly(db.database, (transaction) => readFacts(transaction, null));
  const schemas = await db.rows('select nspname from pg_namespace order by 1');
  return {
    facts: facts.filter(({ object }) => !object.startsWith('role ')),
    schemas,
    rows: await rowsOf(db, await columnsOf(db)),
  };
}

async function columnsOf(db: LegacyDatabase): Promise<{ table: string; columns: string }[]> {
  return db.rows(
    `select c.relname as "table", string_agg(quote_ident(a.attname), ', ' order by a.attnum) as columns
       from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      where c.relnamespace = 'public'::regnamespace and c.relname in ('project_versions', 'project_versions_metadata')
      group by c.relname order by c.relname`,
  );
}

async function rowsOf(db: LegacyDatabase, tables: { table: string; columns: string }[]) {
  const rows: unknown[] = [];
  for (const { table, columns } of tables)
    rows.push(
      ...(await db.rows(
        `select '${table}' as "table", row(${columns})::text as row from ${table} order by version_id::text`,
      )),
    );
  return rows;
}

const lost = async (db: LegacyDatabase): Promise<{ column: string; lost: number }[]> =>
  db.rows(
    `select c.key as column, (c.value ->> 'lost')::integer as lost from version_history.compare_page(null, 1000), jsonb_each(columns) c`,
  );

const iso = (column: string) =>
  `to_char(${column}::timestamptz at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as ${column}`;

/** What the versions are, in the words of the facts. */
async function versions(db: LegacyDatabase): Promise<Record<string, unknown>[]> {
  await db.owner.query(`set timezone = 'UTC'`);
  const rows = await db.rows<Record<string, unknown>>(`
    select version_id, project_id, user_id, prompt, status::text as status, ${['created_at', 'updated_at', 'deployed_at', 'published_at', 'soft_deleted_at'].map(iso).join(', ')},
           case when major_version is not null then json_build_array(major_version, minor_version, patch_version, prerelease) end as number,
           version_name, change_type::text as change_type, breaking_risk::text as breaking_risk, auto_classified,
           classification_confidence::float8 as classification_confidence, classification_reasoning,
           parent_version_id::text as parent_version_id, from_recommendation_id::integer as from_recommendation_id, files_changed, build_duration_ms::integer as build_duration_ms,
           git_commit_sha, is_published, published_by_user_id, metadata_status
      from project_versions order by version_id`);
  return rows;
}

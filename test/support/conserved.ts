import { expect } from 'vitest';
import type { LegacyDatabase } from './legacy-database.ts';

type Rows = { row: Record<string, unknown> }[];

/** Does `migrate` and checks what holds on every shape: the backup is what was, the old table still is, and what was known is still the same. */
export async function conserved(db: LegacyDatabase, migrate: () => Promise<unknown>): Promise<void> {
  const snapshot = (table: string): Promise<Rows> =>
    db.rows(`select to_jsonb(t) as row from ${table} t order by version_id`);
  const [versions, metadata] = [await snapshot('project_versions'), await snapshot('project_versions_metadata')];

  expect(await migrate()).toMatchObject({ complete: true });

  expect(asBefore(versions, await snapshot('version_history.project_versions_backup'))).toEqual(versions);
  expect(await snapshot('project_versions_metadata')).toEqual(metadata);
  const after = await snapshot('project_versions');
  expect(after).toHaveLength(versions.length);
  for (const [index, { row: before }] of versions.entries()) {
    const known = Object.entries(before).filter(([column, value]) => value !== null && !MENDED.has(column));
    expect(after[index]?.row).toMatchObject(Object.fromEntries(known));
  }
}

/** Rows without the columns that came since. */
const asBefore = (before: Rows, after: Rows): Rows =>
  after.map(({ row }, index) => ({
    row: Object.fromEntries(Object.entries(row).filter(([column]) => column in (before[index]?.row ?? {}))),
  }));

/** Where they exist before, their values may be wrong: several published, unknown types. Their tests look at them. */
const MENDED = new Set(['is_published', 'change_type']);

import { randomInt } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from '../../../functions/platform/parse.ts';
import { listQuery, listVersions, type VersionPage } from '../../../functions/versions/list.ts';
import { LONG } from '../../support/effort.ts';
import { type MigratedDatabase, migratedDatabase } from '../../support/migrated-database.ts';

const WALKS = LONG ? 1_000 : 20;
const WALKERS = 4;
const VERSIONS = 120;

let system: MigratedDatabase;
let writer: pg.Pool;
beforeAll(async () => {
  system = await migratedDatabase();
  writer = new pg.Pool({ connectionString: system.test.url, max: WALKERS });
});
afterAll(async () => {
  await writer?.end();
  await system?.close();
});

/** A row as the views see it; the sequence makes ids that no other walk has. */
interface Row {
  id: string;
  type: 'minor' | 'patch';
  published: boolean;
  deleted: boolean;
}

interface View {
  query: Record<string, string>;
  shows(row: Row): boolean;
}

const views: View[] = [
  { query: {}, shows: (row) => row.type !== 'patch' && !row.deleted },
  { query: { includeCheckpoints: 'true' }, shows: (row) => !row.deleted },
  { query: { showDeleted: 'true' }, shows: (row) => row.type !== 'patch' },
  { query: { includeCheckpoints: 'true', showDeleted: 'true' }, shows: () => true },
  { query: { state: 'unpublished' }, shows: (row) => row.type !== 'patch' && !row.deleted && !row.published },
  { query: { type: 'patch' }, shows: (row) => row.type === 'patch' && !row.deleted },
  {
    query: { q: 'even', includeCheckpoints: 'true' },
    shows: (row) => !row.deleted && Number(row.id.slice(-6)) % 2 === 0,
  },
];

const pick = <Item>(items: Item[]): Item => items[randomInt(items.length)] as Item;

/** A project that changes while it is walked: rows come, are published, deleted and removed, in transactions of their own. */
class Restless {
  readonly rows = new Map<string, Row>();
  /** Every row that at any time since the start did not match the view, or did not exist. */
  readonly unsteady = new Set<string>();
  readonly #project: string;
  readonly #shows: View['shows'];
  #next = 0;

  constructor(project: string, shows: View['shows']) {
    this.#project = project;
    this.#shows = shows;
  }

  async insert(count: number): Promise<void> {
    const rows = Array.from({ length: count }, (): Row => {
      this.#next += 1;
      const id = `${this.#project}-${String(this.#next).padStart(6, '0')}`;
      return { id, type: pick(['minor', 'patch']), published: false, deleted: false };
    });
    // Few moments, so that pages end between rows of the same one, and as often before the walk's place as behind it.
    await writer.query(
      `insert into project_versions (project_id, user_id, prompt, status, version_id, version_name, change_type, created_at)
       select $1, 'owner', 'p', 'deployed', r.id, case when right(r.id, 6)::int % 2 = 0 then 'Even' end, r.type,
              '2026-01-01'::timestamptz + r.place * interval '1 second'
         from jsonb_to_recordset($2) r (id text, type text, place int)`,
      [this.#project, JSON.stringify(rows.map(({ id, type }) => ({ id, type, place: randomInt(20) })))],
    );
    for (const row of rows) this.rows.set(row.id, row);
  }

  async change(): Promise<void> {
    const known = [...this.rows.values()];
    const row = pick(known);
    switch (randomInt(4)) {
      case 0: {
        const before = new Set(this.rows.keys());
        await this.insert(3);
        for (const id of this.rows.keys()) if (!before.has(id)) this.unsteady.add(id);
        return;
      }
      case 1: {
        const live = known.find(({ published }) => published);
        await writer.query(`update project_versions set is_published = false where project_id = $1 and is_published`, [
          this.#project,
        ]);
        await writer.query(
          `update project_versions set is_published = true, updated_at = now() where version_id = $1`,
          [row.id],
        );
        if (live) live.published = false;
        row.published = true;
        return this.#note(row);
      }
      case 2:
        await writer.query(`update project_versions set soft_deleted_at = now() where version_id = $1`, [row.id]);
        row.deleted = true;
        return this.#note(row);
      default:
        await writer.query(`delete from project_versions where version_id = $1`, [row.id]);
        this.rows.delete(row.id);
        this.unsteady.add(row.id);
    }
  }

  /** What has matched the view all the time. */
  steady(): string[] {
    return [...this.rows.values()].filter((row) => this.#shows(row) && !this.unsteady.has(row.id)).map(({ id }) => id);
  }

  /** Marks what does not match at the start: it may come to match later. */
  begin(): void {
    for (const row of this.rows.values()) this.#note(row);
  }

  #note(row: Row): void {
    if (!this.#shows(row)) this.unsteady.add(row.id);
  }
}

async function walk(number: number): Promise<{ pages: number; steady: number }> {
  const view = views[number % views.length] as View;
  const project = new Restless(`walk-${number}`, view.shows);
  await project.insert(VERSIONS);
  project.begin();
  const seen: string[] = [];
  let pages = 0;
  let cursor: string | null = null;
  do {
    // Changes run beside the page, not only between two.
    const limit = String(1 + randomInt(12));
    const changes = project.change().then(() => project.change());
    const page: VersionPage = await listVersions(
      system.api,
      `walk-${number}`,
      'owner',
      parse(listQuery, { ...view.query, limit, ...(cursor && { cursor }) }),
    );
    await changes;
    seen.push(...page.versions.map(({ id }) => id));
    cursor = page.nextCursor;
    pages += 1;
  } while (cursor);

  const steady = project.steady();
  expect(
    steady.filter((id) => !seen.includes(id)),
    `skipped, ${JSON.stringify(view.query)}`,
  ).toEqual([]);
  expect(
    seen.filter((id, index) => seen.indexOf(id) !== index),
    `repeated, ${JSON.stringify(view.query)}`,
  ).toEqual([]);
  return { pages, steady: steady.length };
}

test(`${WALKS} walks meet every version that matched throughout exactly once, whatever else comes and goes`, async () => {
  const walked: { pages: number; steady: number }[] = [];
  let next = 0;
  const walker = async () => {
    while (next < WALKS) walked.push(await walk(next++));
  };
  await Promise.all(Array.from({ length: WALKERS }, walker));
  expect(walked).toHaveLength(WALKS);
  // The walks had something to get wrong: many pages, and versions that stayed.
  expect(walked.reduce((sum, { pages }) => sum + pages, 0)).toBeGreaterThan(WALKS * 4);
  expect(walked.reduce((sum, { steady }) => sum + steady, 0)).toBeGreaterThan(WALKS * 10);
});

import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  busy,
  checkpointed,
  cleared,
  editTwoPercent,
  seedBusyHistory,
  shared,
  small,
  type Tenant,
} from '../../support/busy-history.ts';
import { explainEverything, type Plan, plansOf } from '../../support/explain.ts';
import { type MigratedDatabase, migratedDatabase } from '../../support/migrated-database.ts';

// What each statement on the paths of reading costs, as the role the functions log in with, row-level security and all.
let system: MigratedDatabase;
let api: pg.Client;
beforeAll(async () => {
  system = await migratedDatabase();
  const superuser = new pg.Client(system.test.adminUrl);
  await superuser.connect();
  await explainEverything(superuser, system.test.database);
  await superuser.end();
  await seedBusyHistory(system.owner);
  api = await system.connect('api');
});
afterAll(async () => {
  await api?.end();
  await system?.close();
});

interface Query {
  limit?: number;
  offset?: number;
  after?: [us: number, id: string];
  checkpoints?: boolean;
  deleted?: boolean;
  published?: boolean | undefined;
  type?: string;
  status?: string;
  since?: number;
  until?: number;
  q?: string;
  total?: boolean;
}

const list = ({ project, user }: Tenant, query: Query = {}): Promise<Plan[]> => {
  const { limit = 21, after, total = false, ...filters } = query;
  if (
    !Object.values(filters).some((filter) => filter !== undefined && filter !== false) &&
    query.published === undefined
  )
    return plansOf(api, 'select version_history.list_versions($1,$2,$3,$4,$5,$6)', [
      ...[project, user, limit, after?.[0], after?.[1], total],
    ]);
  return plansOf(
    api,
    'select version_history.list_filtered_versions($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15)',
    [
      ...[project, user, limit, query.offset ?? 0, after?.[0], after?.[1]],
      ...[query.checkpoints ?? false, query.deleted ?? false, query.published, query.type, query.status],
      ...[query.since, query.until, query.q, total],
    ],
  );
};

const counting = (plans: Plan[]): Plan | undefined => plans.find(({ statement }) => statement.includes('count(*)'));
const fetching = (plans: Plan[]): Plan | undefined =>
  plans.find(({ statement }) => statement.includes('version_history.version_item'));
const skipping = (plans: Plan[]): Plan | undefined =>
  plans.find(({ statement }) => statement.includes('offset p_offset'));
const scans = (plan: Plan | undefined): string[] => plan?.nodes.filter((node) => node.includes('Scan ')) ?? [];
const buffers = (plans: Plan[]): number => plans.reduce((sum, plan) => sum + plan.buffers, 0);
const hour = (number: number): number => Date.UTC(2026, 0, 1, number) * 1000;

const views = [false, true].flatMap((checkpoints) =>
  [false, true].flatMap((deleted) =>
    [undefined, true, false].map((published) => ({ checkpoints, deleted, published })),
  ),
);

describe('a page of 20', () => {
  // The busy project's versions reach from hour 0 to hour 277.
  const depths: Query[] = [{}, ...[276, 140, 60, 1].map((number): Query => ({ after: [hour(number), 'x'] }))];

  test.each(Object.entries({ busy, checkpointed, cleared, shared, small }))(
    'touches at most 30 buffers in every view of %s, at any depth',
    async (_name, tenant) => {
      await list(tenant);
      for (const view of views) {
        for (const depth of depths) {
          const plans = await list(tenant, { ...view, ...depth });
          expect(buffers(plans), JSON.stringify({ view, depth, plans }, null, 1)).toBeLessThanOrEqual(30);
        }
      }
    },
  );

  test('starts at `until` and ends at `since`', async () => {
    const plans = await list(busy, { since: hour(100), until: hour(140) });
    expect(buffers(plans), JSON.stringify(plans)).toBeLessThanOrEqual(30);
  });

  test('of a rare type or status is found inside an index', async () => {
    for (const filter of [{ type: 'major' }, { type: 'rollback' }, { status: 'failed' }]) {
      const page = fetching(await list(busy, filter));
      expect(page?.nodes).toContain('Index Only Scan project_versions_history');
      expect(page?.heapFetches).toBe(0);
      expect(page?.buffers).toBeLessThan(2_500);
    }
  });

  test('of a search looks at no more than 2,000 versions', async () => {
    const plans = await list(busy, { q: 'nowhere' });
    expect(buffers(plans)).toBeLessThan(2_500);
  });
});

describe('one version, and the published one', () => {
  test.each([
    [
      'version_history.read_version',
      'select version_history.read_version($1, $3, $2, true)',
      ['01JM0000000000000000077777'],
    ],
    ['version_history.read_publication', 'select version_history.read_publication($1, $2)', []],
    ['version_history.list_publications', 'select version_history.list_publications($1, $2, 21, null)', []],
  ])('%s touches at most 30 buffers', async (_name, call, more) => {
    await plansOf(api, call, [busy.project, busy.user, ...more]);
    const plans = await plansOf(api, call, [busy.project, busy.user, ...more]);
    expect(buffers(plans), JSON.stringify(plans, null, 1)).toBeLessThanOrEqual(30);
  });
});

describe('with 2 % of the versions changed since the last vacuum', () => {
  beforeAll(async () => {
    expect(await editTwoPercent(system.owner)).toBeGreaterThan(1_900);
  });

  // Deleted versions lie apart in the index, so some pages of the table are visited twice: 3,130 buffers.
  const most = ({ checkpoints, deleted }: { checkpoints: boolean; deleted: boolean }) =>
    checkpoints ? 5_000 : deleted ? 3_300 : 3_000;

  test('`total` is counted inside the index: below 3,000 buffers in the default view, 5,000 in the widest', async () => {
    for (const view of views.filter(({ published }) => published !== true)) {
      const count = counting(await list(busy, { ...view, total: true }));
      expect(scans(count), JSON.stringify(view)).toEqual([expect.stringMatching(/^Index Only Scan/)]);
      expect(count?.buffers, JSON.stringify(view)).toBeLessThan(most(view));
    }
  });

  test('an offset of 40,000 is skipped inside the index', async () => {
    for (const view of views.filter(({ published }) => published === undefined)) {
      const plans = await list(busy, { ...view, offset: 40_000 });
      expect(scans(skipping(plans)).every((scan) => scan.startsWith('Index Only Scan'))).toBe(true);
      expect(scans(skipping(plans))).toHaveLength(view.deleted ? 2 : 1);
      expect(skipping(plans)?.buffers).toBeLessThan(3_000);
      expect(fetching(plans)?.buffers).toBeLessThanOrEqual(30);
    }
  });

  test('a page still touches at most 30 buffers', async () => {
    for (const view of views) {
      const plans = await list(busy, { ...view, after: [hour(140), 'x'] });
      expect(buffers(plans)).toBeLessThanOrEqual(30);
    }
  });
});

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Finding, KINDS, type Kind } from '../../../functions/integrity/finding.ts';
import type { Database } from '../../../functions/platform/database.ts';
import { remove } from '../../../functions/versions/delete.ts';
import { edit } from '../../../functions/versions/edit.ts';
import { publish, unpublish } from '../../../functions/versions/publish.ts';
import { recordEnd } from '../../../functions/versions/record.ts';
import { rollback } from '../../../functions/versions/rollback.ts';
import { generateBatch } from '../../support/generate.ts';
import { checked } from '../../support/integrity.ts';
import { type LegacyDatabase, legacyTables, migratedOnce } from '../../support/legacy-database.ts';
import { build, versionId } from '../../support/versions.ts';

let migrated: Awaited<ReturnType<typeof migratedOnce>>;
let db: LegacyDatabase;
let worker: Database;
beforeAll(async () => {
  migrated = await migratedOnce([await legacyTables()], 'backfill');
  db = await migrated.copy();
  worker = await db.as('worker');
});
afterAll(async () => {
  await db.close();
  await migrated.drop();
});

const PROJECTS = ['ant', 'bear', 'cat', 'deer', 'hen', 'ram', 'yak'];

/** Projects lived in through the product's own functions: versions A to D of each, B published after A, C deleted, a rollback to A. */
beforeAll(async () => {
  const api = await db.as('api');
  for (const project of PROJECTS) {
    const document = {
      schemaVersion: 1,
      recommendations: [],
      project_info: {
        type: 'page',
        framework: 'react',
        version: '1.0.0',
        version_description: 'A page',
        change_type: 'minor',
        breaking_risk: 'low',
      },
    };
    // One after the other: which is older shows in what is told.
    const a = await build({ worker }, project, `${project}A`);
    const b = await build({ worker }, project, `${project}B`);
    const c = await build({ worker }, project, `${project}C`);
    await build({ worker }, project, `${project}D`, null);
    const outcomes = await generateBatch(
      worker,
      [a, b, c].map((version) => ({
        id: version.versionId,
        body: JSON.stringify({
          type: 'generate-metadata',
          versionId: version.versionId,
          projectId: project,
          recommendations: document,
        }),
      })),
    );
    for (const outcome of outcomes) expect(outcome).toMatchObject({ what: 'applied' });
    const owner = { projectId: project, userId: 'owner' };
    await publish(api, a, {}, null);
    await unpublish(api, owner, { versionId: a.versionId }, null);
    await publish(api, a, {}, null);
    await publish(api, b, { comment: 'Live' }, null);
    await edit(api, a, { name: 'Mine' });
    await remove(api, c);
    await rollback(api, a, {}, null);
  }
  await recordEnd(worker, 'ant', versionId('antD'), { status: 'failed' });
});

const id = (name: string) => versionId(name);

/** Damage, as the owner does it, and what is found of it. */
const DAMAGE: [plant: string, found: Omit<Finding, 'detail'> & { detail?: string }][] = [
  [
    `update project_versions set is_published = true, published_at = '2020-01-01' where version_id = '${id('antA')}'`,
    { kind: 'several_published', projectId: 'ant', versionIds: [id('antB'), id('antA')] },
  ],
  [
    `update project_versions set (major_version, minor_version, patch_version)
       = (select major_version, minor_version, patch_version from project_versions where version_id = '${id('bearB')}')
      where version_id = '${id('bearA')}'`,
    { kind: 'equal_numbers', projectId: 'bear', versionIds: [id('bearA'), id('bearB')] },
  ],
  [
    `update project_versions set user_id = 'mallory' where version_id = '${id('catD')}'`,
    { kind: 'several_owners', projectId: 'cat', detail: 'its versions belong to several users' },
  ],
  [
    `update project_versions set metadata_status = 'pending', major_version = null, minor_version = null, patch_version = null,
            metadata_requested_at = now() - interval '30 hours'
      where version_id = '${id('deerA')}'`,
    { kind: 'waiting_for_metadata', projectId: 'deer', versionIds: [id('deerA')], detail: 'for 30 hours' },
  ],
  ...(
    [
      [
        `metadata_status = 'ready', major_version = null, minor_version = null, patch_version = null`,
        'henA',
        'ready, and without a number',
      ],
      [`metadata_status = 'none'`, 'henB', 'a number, and its metadata none'],
      [`patch_version = null`, 'henC', 'half a number'],
      [`metadata_error = 'x'`, 'ramA', 'ready, and with an error'],
      [`metadata_status = 'failed'`, 'ramD', 'failed, and without a reason'],
      [`status = 'building', deployed_at = null`, 'ramB', 'published, and building'],
    ] as const
  ).map(([set, version, detail]): (typeof DAMAGE)[number] => [
    `update project_versions set ${set} where version_id = '${id(version)}'`,
    { kind: 'contradictory_version', projectId: version.slice(0, -1), versionIds: [id(version)], detail },
  ]),
  [
    `alter table project_versions disable trigger project_versions_keep_moments;
     update project_versions set deployed_at = null where version_id = '${id('yakA')}'`,
    {
      kind: 'contradictory_version',
      projectId: 'yak',
      versionIds: [id('yakA')],
      detail: 'deployed, and at no time',
    },
  ],
  [
    `update project_versions set is_published = false where version_id = '${id('bearB')}'`,
    {
      kind: 'log_and_state',
      projectId: 'bear',
      versionIds: [id('bearB')],
      detail: `the log ends with ${id('bearB')} published, nothing is`,
    },
  ],
  [
    `delete from version_history.publications where project_id = 'cat' and action = 'unpublished'`,
    { kind: 'log_and_state', projectId: 'cat', versionIds: [id('catA')] },
  ],
  [
    `delete from version_history.publications where project_id = 'deer'`,
    {
      kind: 'log_and_state',
      projectId: 'deer',
      versionIds: [id('deerB')],
      detail: 'published, and not in the log',
    },
  ],
  [
    `insert into version_history.publications (project_id, user_id, action, version_id, previous_version_id, at)
     values ('yak', 'owner', 'unpublished', '${id('yakB')}', '${id('yakB')}', now())`,
    {
      kind: 'log_and_state',
      projectId: 'yak',
      versionIds: [id('yakB')],
      detail: `the log ends with nothing published, ${id('yakB')} is`,
    },
  ],
  [
    `insert into version_history.recommendations (version_id, project_id, user_id, document) values ('gone', 'ant', 'owner', '{}')`,
    {
      kind: 'orphaned_recommendations',
      projectId: 'ant',
      versionIds: ['gone'],
      detail: 'recommendations of no version',
    },
  ],
  [
    `update version_history.recommendations set project_id = 'another' where version_id = '${id('yakB')}'`,
    {
      kind: 'orphaned_recommendations',
      projectId: 'another',
      versionIds: [id('yakB')],
      detail: 'recommendations of another project or user',
    },
  ],
];

/** Of the schema: what is done to it, which object it is of, and what is said. */
const SCHEMA_DAMAGE: [plant: string, object: string, detail: string][] = [
  [
    'drop index project_versions_one_published',
    'index project_versions_one_published on project_versions',
    'is missing',
  ],
  [
    'alter table version_history.recommendations drop constraint recommendations_version_id_fkey',
    'constraint recommendations_version_id_fkey on version_history.recommendations',
    'is missing',
  ],
  ['', 'trigger project_versions_keep_moments on project_versions', 'differs: enabled'],
  [
    `drop index project_versions_numbers; create index project_versions_numbers on project_versions (project_id, major_version)`,
    'index project_versions_numbers on project_versions',
    'differs: text',
  ],
  ['drop table version_history.idempotency_keys', 'table version_history.idempotency_keys', 'is missing'],
  ['alter table project_versions drop column metadata_ms', 'column project_versions.metadata_ms', 'is missing'],
  // The rights on it went with it.
  ['', 'table project_versions', 'differs: rights of project_versions_api, rights of project_versions_worker'],
  [
    "alter table project_versions alter column metadata_status set default 'none'",
    'column project_versions.metadata_status',
    'differs: default',
  ],
  [
    'alter table project_versions alter column metadata_attempts drop not null',
    'column project_versions.metadata_attempts',
    'differs: not null',
  ],
  [
    'alter table project_versions alter column metadata_requeues type bigint',
    'column project_versions.metadata_requeues',
    'differs: type',
  ],
  [
    `alter table project_versions drop constraint project_versions_metadata_generator_known,
       add constraint project_versions_metadata_generator_known check (metadata_generator in ('document', 'model', 'rules')) not valid`,
    'constraint project_versions_metadata_generator_known on project_versions',
    'differs: text, validated',
  ],
  [
    'alter table version_history.publications disable row level security',
    'table version_history.publications',
    'differs: row security',
  ],
  [
    `create or replace function version_history.lock_project(p_project text, p_version text default null, p_user text default null) returns boolean
       language sql as 'select true'; `,
    'function version_history.lock_project(p_project text, p_version text, p_user text)',
    'differs: body',
  ],
  [
    'drop function version_history.next_semver',
    'function version_history.next_semver(p_change text, p_tag text, p_major integer, p_minor integer, p_patch integer, p_prerelease text, p_first_major integer, p_first_minor integer, p_first_patch integer, OUT major integer, OUT minor integer, OUT patch integer, OUT prerelease text)',
    'is missing',
  ],
  [
    'grant execute on function version_history.publish_version to public',
    'function version_history.publish_version(p_project text, p_version text, p_user text, p_change jsonb, p_once jsonb)',
    'differs: not for everybody',
  ],
  [
    'grant delete on version_history.model_calls to project_versions_api',
    'table version_history.model_calls',
    'differs: rights of project_versions_api',
  ],
  ['revoke select on version_history.versions from project_versions_worker', '', ''],
  [
    'alter view version_history.versions reset (security_invoker)',
    'view version_history.versions',
    'differs: options, rights of project_versions_worker',
  ],
  [
    `drop policy project_versions_own_rows on version_history.recommendations;
     create policy project_versions_own_rows on version_history.recommendations as restrictive to project_versions_api using (true)`,
    'policy project_versions_own_rows on version_history.recommendations',
    'differs: text',
  ],
  ['drop statistics version_history.project_owner', 'statistics project_owner on project_versions', 'is missing'],
];

/** Two damages of one object are one finding. */
const EXPECTED = SCHEMA_DAMAGE.filter(([, object]) => object !== '');

describe('a database that was lived in', () => {
  test('has nothing wrong with it', async () => {
    const { findings, notLookedAt, state, versions } = await checked(worker);
    expect(findings.listed).toEqual([]);
    expect({ notLookedAt, state, versions }).toEqual({
      notLookedAt: [],
      state: 'backfill',
      versions: 5 * PROJECTS.length,
    });
  });

  test('objects and columns of its own are nobody’s business', async () => {
    await db.owner.query(`
      create table theirs (id integer); create view theirs_too as select version_id from project_versions;
      alter table project_versions add column theirs text default 'x' not null;
      create index theirs_of_versions on project_versions (theirs);
      create function theirs() returns trigger language plpgsql as 'begin return new; end';
      create trigger theirs before update on project_versions for each row execute function theirs();
      grant select on theirs to public`);
    expect((await checked(worker)).findings.listed).toEqual([]);
  });

  test('equal numbers are old code’s business where some was seen, and not when this system gave two of them', async () => {
    const seen = (when: string) => db.owner.query(`update version_history.takeover set old_writer_seen_at = ${when}`);
    const numbered = (minor: number, generator: string) =>
      db.owner.query(
        `update project_versions set minor_version = ${minor}, metadata_generator = ${generator} where version_id = '${versionId('antB')}'`,
      );
    await numbered(0, 'null');
    expect((await checked(worker)).findings.counts).toMatchObject({ equal_numbers: 1 });
    await seen('now()');
    expect((await checked(worker)).findings.listed).toEqual([]);
    await numbered(0, `'document'`);
    expect((await checked(worker)).findings.listed).toEqual([
      {
        kind: 'equal_numbers',
        projectId: 'ant',
        versionIds: [versionId('antA'), versionId('antB')],
        detail: '1.0.0 is that of 2',
      },
    ]);
    await numbered(1, `'document'`);
    await seen('null');
    expect((await checked(worker)).findings.listed).toEqual([]);
  });
});

describe('damage', () => {
  test('to the schema and to the rows is found with its ids, each of it, and nothing else', async () => {
    for (const [plant] of SCHEMA_DAMAGE) if (plant) await db.owner.query(plant);
    for (const [plant] of DAMAGE) await db.owner.query(plant);
    const { findings } = await checked(worker);
    const inOrder = (all: object[]) => all.map((each) => JSON.stringify(each)).sort();
    expect(inOrder(findings.listed.filter(({ kind }) => kind === 'schema'))).toEqual(
      inOrder(EXPECTED.map(([, object, detail]) => ({ kind: 'schema', object, detail }))),
    );
    const told = findings.listed.filter(({ kind }) => kind !== 'schema');
    const withoutDetail = (all: { detail?: string }[]) => inOrder(all.map(({ detail: _, ...found }) => found));
    expect(withoutDetail(told)).toEqual(withoutDetail(DAMAGE.map(([, found]) => found)));
    for (const [, found] of DAMAGE) expect(told).toContainEqual(expect.objectContaining(found));
    expect(findings.total).toBe(DAMAGE.length + EXPECTED.length);
    expect(Object.keys(KINDS).filter((kind) => findings.counts[kind as Kind] === 0)).toEqual([]);

    db.dataApi.faults.add({ kind: 'timeout-continues', sql: 'bounds as' });
    const slow = await checked(worker);
    expect(slow.notLookedAt).toEqual(['all versions; after 0 the database did not answer in time']);
    expect(slow.findings.counts, 'what was found before that').toMatchObject({
      schema: EXPECTED.length,
      orphaned_recommendations: findings.counts.orphaned_recommendations,
    });
  });
});

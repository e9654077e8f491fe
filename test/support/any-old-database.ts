import fc from 'fast-check';
import { legacyTables } from './legacy-database.ts';

/**
 * Old databases as they may be anywhere: columns of other types, missing, filled or not, with others beside them. Each is made of the same facts, written
 * in the old system's types, so that what has to come out is known without asking the migrations.
 */

/** What is known of a version, in the words of this system. */
export interface Fact {
  id: string;
  project: string;
  user: string;
  status: 'building' | 'deployed' | 'failed';
  createdAt: string;
  updatedAt: string;
  buildMs: number | null;
  /** Nothing: the old table does not know this version. */
  metadata: Metadata | null;
}

interface Metadata {
  number: [number, number, number];
  prerelease: string | null;
  name: string | null;
  type: string;
  risk: string | null;
  auto: boolean | null;
  confidence: number | null;
  reasoning: string | null;
  parent: string | null;
  recommendation: number | null;
  files: number | null;
  buildMs: number | null;
  sha: string | null;
  published: boolean;
  publishedAt: string | null;
  publishedBy: string | null;
  deletedAt: string | null;
  deployedAt: string | null;
}

/** One way a column may be: the statement that makes it so, and what that does to the facts. */
interface Variant {
  name: string;
  sql: string;
  /** The preflight refuses it, and names this column. */
  refused?: string;
  /** Values come out with the day alone, or not at all. */
  effect?: 'day' | 'missing';
}

interface Column {
  table: 'project_versions' | 'project_versions_metadata';
  column: string;
  variants: Variant[];
}

const UUIDS = (n: number) => `0192f5a0-0000-7000-8000-${String(n).padStart(12, '0')}`;
/** Six versions of two projects. Ids are UUIDs, so that every type of key can hold them. */
const facts: Fact[] = Array.from({ length: 6 }, (_, n): Fact => {
  const day = `2024-0${n + 1}-0${n + 1}`;
  return {
    id: UUIDS(n + 1),
    project: UUIDS(100 + (n % 2)),
    user: UUIDS(200 + (n % 2)),
    status: n === 4 ? 'failed' : n === 5 ? 'building' : 'deployed',
    createdAt: `${day}T10:00:00.000Z`,
    updatedAt: `${day}T11:30:00.000Z`,
    buildMs: n % 2 === 0 ? 900 + n : null,
    metadata:
      n > 3
        ? null
        : {
            number: [1, n, 0],
            prerelease: n === 1 ? 'rc.1' : null,
            name: `Name ${n}`,
            type: ['major', 'minor', 'patch', 'rollback'][n] as string,
            risk: n === 3 ? null : (['none', 'low', 'high'][n] as string),
            auto: n === 2 ? false : n === 3 ? null : true,
            confidence: n === 3 ? null : 0.25 * (n + 1),
            reasoning: n === 0 ? null : `Because of ${n}`,
            parent: n < 2 ? null : UUIDS(n - 1),
            recommendation: n === 0 ? null : n,
            files: n,
            buildMs: 100 + n,
            sha: n === 1 ? 'c0ffee' : null,
            published: n === 0 || n === 1,
            publishedAt: n < 2 ? `${day}T12:00:00.000Z` : null,
            publishedBy: n < 2 ? UUIDS(200 + (n % 2)) : null,
            deletedAt: n === 3 ? `${day}T13:00:00.000Z` : null,
            deployedAt: n === 0 ? null : `${day}T11:00:00.000Z`,
          },
  };
});

const literal = (value: unknown): string => (value === null ? 'null' : `'${String(value)}'`);

/** The facts in the old tables as the old system first had them, but with room for a UUID. */
const filled = [
  `alter table project_versions drop constraint project_versions_version_metadata_id_fkey;
   alter table project_versions_metadata alter column version_id type char(36), alter column parent_version_id type char(36),
     alter column base_version_id type char(36), alter column prerelease type varchar(60), add column deployed_at timestamptz`,
  ...facts.map(
    (
      fact,
    ) => `insert into project_versions (version_id, project_id, user_id, prompt, status, created_at, updated_at, build_duration_ms) values
      (${[fact.id, fact.project, fact.user, `Prompt of ${fact.id}`, fact.status, fact.createdAt, fact.updatedAt, fact.buildMs].map(literal).join(', ')})`,
  ),
  ...facts.flatMap(({ id, project, user, metadata: m }) =>
    m === null
      ? []
      : [
          `insert into project_versions_metadata (version_id, project_id, user_id, major_version, minor_version, patch_version, prerelease, version_name,
             change_type, breaking_risk, auto_classified, classification_confidence, classification_reasoning, parent_version_id,
             from_recommendation_id, files_changed, build_duration_ms, git_commit_sha, is_published, published_at, published_by_user_id,
             soft_deleted_at, deployed_at, created_at) values
           (${[
             ...[
               id,
               project,
               user,
               ...m.number,
               m.prerelease,
               m.name,
               m.type,
               m.risk,
               m.auto,
               m.confidence,
               m.reasoning,
               m.parent,
             ],
             ...[
               m.recommendation,
               m.files,
               m.buildMs,
               m.sha,
               m.published,
               m.publishedAt,
               m.publishedBy,
               m.deletedAt,
               m.deployedAt,
             ],
             '2024-01-01Z',
           ]
             .map(literal)
             .join(', ')})`,
        ],
  ),
];

const METADATA = 'project_versions_metadata';
const VERSIONS = 'project_versions';

const alter = (table: string, column: string, type: string, using = `${column}::text::${type}`): string =>
  `alter table ${table} alter column ${column} drop default;
   alter table ${table} alter column ${column} type ${type} using ${using}`;

const types = (
  table: Column['table'],
  column: string,
  good: string[],
  wrong: string[] = [],
  optional = true,
): Column => ({
  table,
  column,
  variants: [
    { name: 'as it was', sql: '' },
    ...good.map((type): Variant => ({ name: type, sql: alter(table, column, type) })),
    ...wrong.map(
      (type): Variant => ({
        name: type,
        sql: alter(
          table,
          column,
          type,
          type === 'jsonb'
            ? `to_jsonb(${column})`
            : type === 'bytea'
              ? `convert_to(${column}::text, 'UTF8')`
              : undefined,
        ),
        refused: `public.${table}.${column}`,
      }),
    ),
    ...(optional
      ? [{ name: 'missing', sql: `alter table ${table} drop column ${column}`, effect: 'missing' as const }]
      : []),
  ],
});

const ids = ['varchar(255)', 'text', 'uuid', 'char(36)', 'a_domain'];
const integers = ['smallint', 'integer', 'bigint'];

const moments = (table: Column['table'], column: string, optional = true): Column => {
  const { variants, ...rest } = types(table, column, ['timestamptz'], ['bigint', 'jsonb'], optional);
  const bigint = variants.find(({ name }) => name === 'bigint');
  if (bigint) bigint.sql = alter(table, column, 'bigint', `extract(epoch from ${column})::bigint`);
  return {
    ...rest,
    variants: [
      ...variants,
      { name: 'timestamp', sql: alter(table, column, 'timestamp', `${column} at time zone 'UTC'`) },
      { name: 'date', sql: alter(table, column, 'date', `(${column} at time zone 'UTC')::date`), effect: 'day' },
    ],
  };
};

const flags = (column: string): Column => ({
  table: METADATA,
  column,
  variants: [
    { name: 'as it was', sql: '' },
    ...['integer', 'smallint'].map(
      (type): Variant => ({ name: type, sql: alter(METADATA, column, type, `${column}::integer::${type}`) }),
    ),
    { name: 'text', sql: alter(METADATA, column, 'text'), refused: `public.${METADATA}.${column}` },
    { name: 'missing', sql: `alter table ${METADATA} drop column ${column}`, effect: 'missing' },
  ],
});

/** Every column that is tried, and how. */
const columns: Column[] = [
  types(METADATA, 'version_id', ids, ['bytea'], false),
  types(METADATA, 'project_id', ids, ['jsonb'], false),
  types(METADATA, 'user_id', ids, ['jsonb', 'bytea'], false),
  types(METADATA, 'published_by_user_id', ids, ['jsonb']),
  types(METADATA, 'parent_version_id', ids, ['bytea']),
  types(METADATA, 'base_version_id', ids),
  types(METADATA, 'change_type', ['text', 'varchar(20)', 'a_change'], ['jsonb'], false),
  types(METADATA, 'breaking_risk', ['text', 'varchar(20)', 'a_risk'], ['jsonb']),
  types(METADATA, 'major_version', integers, ['text'], false),
  types(METADATA, 'files_changed', integers, ['text']),
  types(METADATA, 'build_duration_ms', integers, ['text']),
  types(METADATA, 'from_recommendation_id', ['integer', 'bigint']),
  types(METADATA, 'classification_confidence', ['numeric', 'numeric(6,5)', 'real', 'double precision'], ['text']),
  types(METADATA, 'version_name', ['text', 'varchar(300)'], ['jsonb']),
  types(METADATA, 'classification_reasoning', ['varchar(1000)'], ['jsonb']),
  types(METADATA, 'git_commit_sha', ['text', 'char(40)'], ['bytea']),
  flags('is_published'),
  flags('auto_classified'),
  moments(METADATA, 'published_at'),
  moments(METADATA, 'soft_deleted_at'),
  moments(METADATA, 'deployed_at'),
  types(VERSIONS, 'status', ['varchar(20)', 'a_status'], ['jsonb'], false),
  types(VERSIONS, 'user_id', ['varchar(255)', 'a_domain'], ['uuid', 'char(36)'], false),
  types(VERSIONS, 'project_id', ['varchar(255)'], ['uuid', 'bytea'], false),
  types(VERSIONS, 'prompt', ['varchar'], ['jsonb'], false),
  types(VERSIONS, 'build_duration_ms', integers, ['text']),
  types(VERSIONS, 'parent_version_id', ['varchar(255)', 'char(36)'], ['uuid']),
  types(VERSIONS, 'framework', ['varchar(50)']),
  types(VERSIONS, 'preview_url', ['varchar(2048)'], ['jsonb']),
  moments(VERSIONS, 'updated_at', false),
];

const OTHERS: Variant[] = [
  { name: 'an unlogged table', sql: `alter table ${VERSIONS} set unlogged` },
  {
    name: 'a column of its own',
    sql: `alter table ${VERSIONS} add column tenant text default 'one'; alter table ${METADATA} add column display_version_number integer default 7`,
  },
  {
    name: 'a column that may not be null',
    sql: `alter table ${VERSIONS} add column tenant text not null default 'one'; alter table ${VERSIONS} alter column tenant drop default`,
    refused: `public.${VERSIONS}.tenant`,
  },
  {
    name: 'a taken name',
    sql: 'create table project_versions_history (a integer)',
    refused: 'public.project_versions_history',
  },
  {
    name: 'names of others',
    sql: 'create table idempotency_keys (a integer); create table version_publications (b integer); create table recommendations (c integer)',
  },
  { name: 'a foreign key to it', sql: `create table notes (version_id varchar(60))` },
  {
    name: 'a check of its own',
    sql: `alter table ${METADATA} add constraint small check (files_changed is null or files_changed < 100) not valid`,
  },
  {
    name: 'an updated_at trigger',
    sql: `create function touch() returns trigger language plpgsql as $$ begin new.updated_at := now(); return new; end $$; create trigger touch before update on ${VERSIONS} for each row execute function touch()`,
  },
  {
    name: 'row-level security',
    sql: `create policy mine on ${VERSIONS} using (true); alter table ${VERSIONS} enable row level security; alter table ${VERSIONS} force row level security`,
  },
  {
    name: 'new columns',
    sql: `alter table ${VERSIONS} add column is_published boolean, add column change_type text, add column major_version bigint, add column version_name varchar(150) not null default ''`,
  },
  {
    name: 'new columns of an enum',
    sql: `alter table ${VERSIONS} add column change_type a_change, add column breaking_risk a_risk, add column published_at timestamp`,
  },
  {
    name: 'a percentage',
    sql: `alter table ${METADATA} alter column classification_confidence type numeric; update ${METADATA} set classification_confidence = classification_confidence * 100 where classification_confidence < 1`,
    refused: `public.${METADATA}.classification_confidence`,
  },
];

/** A shape: how each column is, and what else is there. */
export interface Shape {
  columns: number[];
  others: number[];
}

/** Most columns as they were: a shape in which everything is otherwise is refused for something nearly always. */
export const shapes: fc.Arbitrary<Shape> = fc.record({
  columns: fc.tuple(
    ...columns.map(({ variants }) => {
      const good = variants.flatMap(({ refused }, index) => (refused === undefined ? [index] : []));
      const wrong = variants.flatMap(({ refused }, index) => (refused === undefined ? [] : [index]));
      return fc.oneof(
        { weight: 60, arbitrary: fc.constant(0) },
        { weight: 38, arbitrary: fc.constantFrom(...good) },
        { weight: 1, arbitrary: wrong.length > 0 ? fc.constantFrom(...wrong) : fc.constant(0) },
      );
    }),
  ),
  others: fc.uniqueArray(
    fc.oneof(
      {
        weight: 12,
        arbitrary: fc.constantFrom(...OTHERS.flatMap(({ refused }, index) => (refused === undefined ? [index] : []))),
      },
      {
        weight: 1,
        arbitrary: fc.constantFrom(...OTHERS.flatMap(({ refused }, index) => (refused === undefined ? [] : [index]))),
      },
    ),
    { maxLength: 3 },
  ),
});

const variantsOf = (shape: Shape): { column: Column | undefined; variant: Variant }[] => [
  ...shape.columns.map((choice, index) => ({
    column: columns[index],
    variant: columns[index]?.variants[choice] as Variant,
  })),
  ...shape.others.map((choice) => ({ column: undefined, variant: OTHERS[choice] as Variant })),
];

/** What of a shape is not as the old system first had it. */
export const told = (shape: Shape): string[] =>
  variantsOf(shape)
    .filter(({ variant }) => variant.name !== 'as it was')
    .map(({ column, variant }) => (column ? `${column.table}.${column.column}: ${variant.name}` : variant.name));

/** What makes a database of a shape, in order; and which columns or names are refused. */
export async function statementsOf(shape: Shape): Promise<{ statements: string[]; refused: string[] }> {
  const chosen = variantsOf(shape);
  const has = (name: string) => chosen.some(({ variant }) => variant.name === name);
  const skip = ({ column, variant }: (typeof chosen)[number]): boolean =>
    // These need the column as it was.
    (variant.name === 'a check of its own' &&
      chosen.some((one) => one.column?.column === 'files_changed' && /text|missing/.test(one.variant.name))) ||
    (variant.name === 'a percentage' &&
      chosen.some(
        (one) => one.column?.column === 'classification_confidence' && /text|missing/.test(one.variant.name),
      )) ||
    (variant.name === 'new columns of an enum' && has('new columns')) ||
    (variant.name === 'a column that may not be null' && has('a column of its own')) ||
    (column === undefined && variant.name === '');
  const used = chosen.filter((one) => !skip(one));
  return {
    statements: [
      await legacyTables(),
      `create domain a_domain as varchar(255); create type a_change as enum ('major', 'minor', 'patch', 'rollback');
       create type a_risk as enum ('none', 'low', 'medium', 'high'); create type a_status as enum ('building', 'deployed', 'failed')`,
      ...filled,
      `alter table project_versions drop constraint project_versions_status_check`,
      ...used.map(({ variant }) => variant.sql).filter((sql) => sql !== ''),
    ],
    refused: used.flatMap(({ variant }) => variant.refused ?? []),
  };
}

/** The columns of the old table that a shape does not have, or has with the day alone. */
function effects(shape: Shape) {
  const of = (table: string, column: string) =>
    variantsOf(shape).find((one) => one.column?.table === table && one.column.column === column)?.variant.effect;
  return {
    metadata: <Value>(column: string, value: Value, day?: (value: Value) => Value): Value | null => {
      const effect = of(METADATA, column);
      return effect === 'missing' ? null : effect === 'day' && day ? day(value) : value;
    },
    version: <Value>(column: string, value: Value, day?: (value: Value) => Value): Value | null => {
      const effect = of(VERSIONS, column);
      return effect === 'missing' ? null : effect === 'day' && day ? day(value) : value;
    },
  };
}

const dayOf = (moment: string | null): string | null => moment && `${moment.slice(0, 10)}T00:00:00.000Z`;

/** What every version has to be afterwards. */
export function expectedOf(shape: Shape): Record<string, unknown>[] {
  const { metadata: old, version } = effects(shape);
  const published = (id: string): boolean => {
    // Of several published versions of a project the latest stays; each project has one here.
    const fact = facts.find((each) => each.id === id);
    return old('is_published', fact?.metadata?.published ?? false) ?? false;
  };
  return facts.map((fact) => {
    const m = fact.metadata;
    const updatedAt = version('updated_at', fact.updatedAt, (at) => dayOf(at) ?? at);
    const deployed = m && old('deployed_at', m.deployedAt, dayOf);
    return {
      version_id: fact.id,
      project_id: fact.project,
      user_id: fact.user,
      prompt: `Prompt of ${fact.id}`,
      status: fact.status,
      created_at: fact.createdAt,
      updated_at: updatedAt,
      deployed_at: deployed ?? (fact.status === 'deployed' ? updatedAt : null),
      number: m ? [...m.number, m.prerelease] : null,
      version_name: m && old('version_name', m.name),
      change_type: m === null ? null : m.type,
      breaking_risk: m && old('breaking_risk', m.risk),
      auto_classified: m && old('auto_classified', m.auto),
      classification_confidence: m && old('classification_confidence', m.confidence),
      classification_reasoning: m && old('classification_reasoning', m.reasoning),
      parent_version_id: m && old('parent_version_id', m.parent),
      from_recommendation_id: m && old('from_recommendation_id', m.recommendation),
      files_changed: m && old('files_changed', m.files),
      build_duration_ms: version('build_duration_ms', fact.buildMs) ?? (m && old('build_duration_ms', m.buildMs)),
      git_commit_sha: m && old('git_commit_sha', m.sha),
      is_published: published(fact.id),
      published_at: m && old('published_at', m.publishedAt, dayOf),
      published_by_user_id: m && old('published_by_user_id', m.publishedBy),
      soft_deleted_at: m && old('soft_deleted_at', m.deletedAt, dayOf),
      metadata_status: m ? 'ready' : 'none',
    };
  });
}

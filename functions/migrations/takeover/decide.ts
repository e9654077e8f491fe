import { OLD, OWN, REQUIRED, REQUIRED_OLD, TYPE } from './columns.ts';
import type { Facts, OldTable } from './facts.ts';
import { type OldColumn, quoted, read, unreadable, unwritable, written } from './kinds.ts';

/**
 * What becomes of a column of an old table, or of the lack of one.
 * `stays`: project_versions keeps it as it is. `carried`, `cast`: its values are carried into the column `into`. `kept`: it stays in the old
 * table, which the contract moves into schema version_history whole. `refused`: nothing is changed until `mend` has been run.
 */
export interface Decision {
  table: string;
  column: string;
  type: string;
  decision: 'stays' | 'carried' | 'cast' | 'kept' | 'refused';
  into: string | null;
  note: string;
  accepted?: string;
  mend?: string;
}

/** Rows that break what this system counts on: `where` says which; `from` is the old table unless said otherwise. */
export interface RowRule {
  table: string;
  column: string;
  type: string;
  where: string;
  accepted: string;
  mend: string;
}

/** What the files in migrations/legacy are told of the old table: SQL for its columns, in the types of this system. */
export interface Takeover {
  tables: string[];
  decisions: Decision[];
  old_row: string;
  old_values: string;
  key_type: string;
  old_key: string;
  own_checksum: string;
  /** Columns of project_versions with a default, which existing rows got when the column was added: a value that is the default is no fact. */
  defaults: { column: string; value: string }[];
  /** Columns that the old table has a place for. */
  places: string[];
  /** Writes one version's metadata, $1, into the old table; and whether the old table then has it as it is. */
  write_back: string;
  fits: string;
  /** Row-level security that binds the owner too, and is to do so again after a rollback. */
  versions_forced: boolean;
  metadata_forced: boolean;
}

const VERSIONS = 'public.project_versions';
const METADATA = 'public.project_versions_metadata';

/** Decides for every column of both tables. Rules that only the rows can tell are for whoever reads them. */
export function decide({ versions, metadata }: Facts): { decisions: Decision[]; rules: RowRule[] } {
  const own = versions ? decideOwn(versions, metadata) : { decisions: [], rules: [] };
  const old = versions && metadata ? decideOld(metadata, versions) : { decisions: [], rules: [] };
  return { decisions: [...own.decisions, ...old.decisions], rules: [...own.rules, ...old.rules] };
}

function decideOwn({ columns, unlogged }: OldTable, metadata: OldTable | null) {
  const decisions: Decision[] = REQUIRED.filter((name) => !columns.some((column) => column.name === name)).map((name) =>
    missing(VERSIONS, name, TYPE[OWN[name]?.is ?? 'text']),
  );
  const rules: RowRule[] = [];
  for (const column of columns) {
    const kind = OWN[column.name];
    const { name, type } = column;
    const about = { table: VERSIONS, column: name, type };
    if (kind === undefined) {
      const writes = column.notNull && column.default === null && !column.generated;
      decisions.push(
        writes
          ? {
              ...about,
              decision: 'refused',
              into: null,
              note: 'has no default and may not be null: no new version could be recorded',
              accepted: 'a default, or null',
              mend: `alter table ${VERSIONS} alter column ${quoted(name)} drop not null`,
            }
          : { ...about, decision: 'stays', into: null, note: 'not a column of this system' },
      );
      continue;
    }
    const accepted = unwritable(kind, column);
    if (accepted !== undefined) {
      decisions.push({
        ...about,
        decision: 'refused',
        into: name,
        note: '',
        accepted,
        mend: retype(VERSIONS, column, kind.is),
      });
      continue;
    }
    const note = defaulted(column)
      ? 'without a default from here on: unknown is null, and a value that is the default gives way to the old table’s'
      : '';
    decisions.push({ ...about, decision: 'stays', into: name, note });
    rules.push(...ownRules(column));
  }
  if (unlogged) decisions.push(notLogged(VERSIONS));
  if (metadata?.unlogged) decisions.push(notLogged(METADATA));
  return { decisions, rules };
}

/** Columns of project_versions that are never null. */
const ALWAYS: ReadonlySet<string> = new Set([
  ...REQUIRED,
  'is_published',
  'metadata_status',
  'metadata_attempts',
  'metadata_requeues',
]);

/** A column of metadata that gives a version a value nobody has decided. */
const defaulted = ({ name, notNull, default: fallback }: OldColumn): boolean =>
  name in OLD && !KEYS.has(name) && !ALWAYS.has(name) && (notNull || fallback !== null);

/** What a build says of itself. */
const KEYS = new Set(['created_at', 'parent_version_id', 'build_duration_ms']);

const notLogged = (table: string): Decision => ({
  table,
  column: '(the table)',
  type: 'unlogged',
  decision: 'stays',
  into: null,
  note: 'an unlogged table: PostgreSQL empties it after a crash; alter table ... set logged makes it safe, and keeps everybody out meanwhile',
});

/** The statement that gives a column a type that is accepted. Where a value has no place in it, PostgreSQL says so. */
function retype(table: string, { name, base }: OldColumn, kind: keyof typeof TYPE): string {
  const column = quoted(name);
  const to = TYPE[kind];
  const value =
    base === 'jsonb' || base === 'json'
      ? to === 'text'
        ? `${column} #>> '{}'`
        : `(${column} #>> '{}')::${to}`
      : kind === 'flag' && /^int/.test(base)
        ? `${column} <> 0`
        : kind === 'moment' && /^(int|float|numeric)/.test(base)
          ? `to_timestamp(${column})`
          : base === 'bytea'
            ? `convert_from(${column}, 'UTF8')`
            : `${column}::text::${to}`;
  return `alter table ${table} alter column ${column} type ${to} using ${value}`;
}

function ownRules(column: OldColumn): RowRule[] {
  const { name, type } = column;
  const value = `m.${quoted(name)}`;
  const about = { table: VERSIONS, column: name, type };
  const set = (to: string, where: string) => `update ${VERSIONS} m set ${quoted(name)} = ${to} where ${where}`;
  const rules: RowRule[] = [];
  const rule = (where: string, accepted: string, mend: string) => rules.push({ ...about, where, accepted, mend });
  if (REQUIRED.includes(name) && name !== 'created_at' && !column.notNull)
    rule(`${value} is null`, 'no null', set("''", `${value} is null`));
  if (name === 'status') {
    const odd = `${value}::text not in ('building', 'deployed', 'failed')`;
    rule(odd, 'building, deployed and failed', set("'failed'", odd));
  }
  if (name === 'artifact_size') {
    const odd = `${value} < 0 or ${value} > 2147483648`;
    rule(odd, '0 to 2147483648 bytes', set('null', odd));
  }
  if (name === 'artifact_checksum') {
    const odd = `${value} !~ '^[a-fA-F0-9]{64}$'`;
    rule(odd, '64 hexadecimal digits', set('null', odd));
  }
  if (name === 'metadata_status') {
    const odd = `${value} not in ('none', 'pending', 'ready', 'failed')`;
    rule(odd, 'none, pending, ready and failed', set("'none'", odd));
  }
  if (name === 'metadata_generator') {
    const odd = `${value} not in ('document', 'model', 'rules')`;
    rule(odd, 'document, model and rules', set('null', odd));
  }
  return rules;
}

const missing = (table: string, column: string, type: string): Decision => ({
  table,
  column,
  type: 'missing',
  decision: 'refused',
  into: column,
  note: 'it is not the table this product knows without it',
  accepted: `${type}; or another name for a table that is another one`,
  mend: `alter table ${table} add column ${quoted(column)} ${type}`,
});

function decideOld({ columns }: OldTable, versions: OldTable) {
  const decisions: Decision[] = REQUIRED_OLD.filter((name) => !columns.some((column) => column.name === name)).map(
    (name) => missing(METADATA, name, TYPE[OLD[name]?.kind.is ?? 'text']),
  );
  const rules: RowRule[] = [];
  for (const column of columns) {
    const { name, type } = column;
    const about = { table: METADATA, column: name, type };
    const [into, target] = Object.entries(OLD).find(([, { from }]) => from.includes(name)) ?? [];
    if (into === undefined || target === undefined) {
      decisions.push({ ...about, decision: 'kept', into: null, note: 'no column of this system' });
      continue;
    }
    if (into === 'from_recommendation_id' && !/^int/.test(column.base)) {
      decisions.push({
        ...about,
        decision: 'kept',
        into: null,
        note: 'no number, which ids of recommendations are here',
      });
      continue;
    }
    const accepted = unreadable(target.kind, column);
    if (accepted !== undefined) {
      decisions.push({
        ...about,
        decision: 'refused',
        into,
        note: '',
        accepted,
        mend: retype(METADATA, column, target.kind.is),
      });
      continue;
    }
    const own = versions.columns.find((each) => each.name === into);
    const same =
      type === (own?.type ?? TYPE[target.kind.is]) ||
      (TYPE[target.kind.is] === 'text' && /^(var|bp)char|^text/.test(column.base));
    decisions.push({ ...about, decision: same ? 'carried' : 'cast', into, note: noteOf(name, into) });
    rules.push(...oldRules(column, into, own));
  }
  return { decisions, rules };
}

function noteOf(name: string, into: string): string {
  if (name === 'deployed_at') return 'counts more than the last write of the version';
  if (into === 'artifact_checksum') return 'where the version has none';
  if (into === 'parent_version_id' && name !== into) return 'where there is no parent_version_id';
  return '';
}

/** Values of the old table that project_versions has no room for. `own`: the column they go to, where it is there already. */
function oldRules(column: OldColumn, into: string, own: OldColumn | undefined): RowRule[] {
  const { name, type, base } = column;
  const kind = OLD[into]?.kind ?? { is: 'anything' as const };
  const value = `m.${quoted(name)}`;
  const about = { table: METADATA, column: name, type };
  const rules: RowRule[] = [];
  const rule = (where: string, accepted: string, mend: string) => rules.push({ ...about, where, accepted, mend });
  const widen = (to: string) => `alter table ${VERSIONS} alter column ${quoted(into)} type ${to}`;
  if (kind.is === 'share')
    rule(
      `not (${value}::numeric between 0 and 1)`,
      'values from 0 to 1',
      `update ${METADATA} set ${quoted(name)} = ${quoted(name)} / 100 where ${quoted(name)} > 1`,
    );
  if (kind.is === 'flag' && base !== 'bool')
    rule(
      `${value} not in (0, 1)`,
      '0 and 1',
      `update ${METADATA} m set ${quoted(name)} = 1 where ${value} not in (0, 1)`,
    );
  const room = own?.base ?? (kind.is === 'integer' ? 'int4' : 'int8');
  const most = { int2: '32767', int4: '2147483647' }[room];
  if ((kind.is === 'integer' || kind.is === 'bigint') && most !== undefined && base > room)
    rule(
      `${value} not between -${most} and ${most}`,
      `values within ${room === 'int2' ? 'smallint' : 'integer'}, which ${into} of project_versions is`,
      `select version_id, ${quoted(name)} from ${METADATA} m where ${value} not between -${most} and ${most}`,
    );
  if (kind.is === 'share' && own?.scale !== undefined && own.scale !== null)
    rule(
      `${value}::numeric <> round(${value}::numeric, ${own.scale})`,
      `${own.scale} decimals, as ${into} of project_versions has`,
      widen('numeric'),
    );
  if (
    own?.length &&
    (kind.is === 'text' || kind.is === 'id') &&
    !['version_id', 'project_id', 'user_id'].includes(into)
  )
    rule(
      `length(${value}::text) > ${own.length}`,
      `${own.length} characters, as ${into} of project_versions has`,
      widen('text'),
    );
  return rules;
}

/** What the SQL of the takeover is told. Only of facts that nothing was refused of. */
export function describe({ versions, metadata }: Facts, decisions: Decision[]): Takeover {
  const columns = (metadata?.columns ?? []).filter(({ name }) =>
    decisions.some(
      ({ table, column, decision }) => table === METADATA && column === name && /^(carried|cast)$/.test(decision),
    ),
  );
  const named = (name: string) => columns.find((column) => column.name === name);
  const values = Object.entries(OLD).flatMap(([into, { kind, from }]): [string, string][] => {
    const found = from.flatMap((name) => named(name) ?? []);
    const raw = found.map((column) => read(kind, column));
    const type = TYPE[kind.is];
    const expression =
      raw.length === 0
        ? `null::${type}`
        : raw.length === 1
          ? `(${raw[0]})::${type}`
          : `coalesce(${raw.join(', ')})::${type}`;
    const [first] = found;
    if (kind.is === 'word')
      return [
        [into, expression],
        [`${into}_before`, first ? `m.${quoted(first.name)}::text` : 'null::text'],
      ];
    // Blanks in these are no value.
    if (into === 'prerelease' || into === 'base_version_id') return [[into, `nullif(btrim(${expression}), '')`]];
    return [[into, expression]];
  });
  const key = named('version_id');
  const keyed: [string, string][] = [['key', key ? `m.${quoted(key.name)}` : 'null::text'], ...values];
  const sha = versions?.columns.find(({ name }) => name === 'artifact_sha256');
  return {
    tables: [...(versions ? [VERSIONS] : []), ...(versions && metadata ? [METADATA] : [])],
    decisions,
    old_row: keyed.map(([name, value]) => `${value} as ${name}`).join(', '),
    old_values: keyed.map(([, value]) => value).join(', '),
    ...keyOf(key),
    defaults: (versions?.columns ?? []).flatMap((column) =>
      defaulted(column) && column.default !== null ? [{ column: column.name, value: column.default }] : [],
    ),
    own_checksum: sha && !unreadable({ is: 'checksum' }, sha) ? read({ is: 'checksum' }, sha) : 'null::text',
    ...writeBack(columns, metadata),
    versions_forced: versions?.forcedRowSecurity ?? false,
    metadata_forced: metadata?.forcedRowSecurity ?? false,
  };
}

const UUID = '^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$';

/** A version's id in the type of the old table's key: its index serves only that. */
function keyOf(key: OldColumn | undefined): { key_type: string; old_key: string } {
  switch (key?.base) {
    case 'bpchar':
      return { key_type: 'bpchar', old_key: '$1::bpchar' };
    case 'uuid':
      return { key_type: 'uuid', old_key: `case when $1 ~ '${UUID}' then $1::uuid end` };
    default:
      return { key_type: 'text', old_key: '$1' };
  }
}

function writeBack(columns: OldColumn[], metadata: OldTable | null): Pick<Takeover, 'places' | 'write_back' | 'fits'> {
  const places = Object.entries(OLD).flatMap(([into, { kind, from }]) => {
    const column = columns.find(({ name }) => name === from[0]);
    // What the old table says of these is its own.
    if (column === undefined || into === 'created_at' || into === 'artifact_checksum') return [];
    const { value, ...place } = written(kind, column, into);
    // A word that this system does not know is null here; the old table keeps it.
    const before = `(select m.${place.column} from ${METADATA} m where m.version_id = version_history.old_key(v.version_id))`;
    return [{ into, ...place, value: kind.is === 'word' ? `coalesce(${value}, ${before})` : value }];
  });
  const keys = ['version_id', 'project_id', 'user_id'];
  const created = metadata?.columns.find(({ name }) => name === 'created_at');
  const all = [
    ...places,
    ...(created ? [{ into: 'created_at', ...written({ is: 'moment' }, created, 'created_at') }] : []),
  ];
  const changed = places.filter(({ into }) => !keys.includes(into));
  // What has no version was not carried over, and a version's own duration was never the old table's: both stay as they were.
  const kept = new Set(['parent_version_id', 'base_version_id']);
  const sets = changed.map(({ into, column }) =>
    into === 'build_duration_ms'
      ? `${column} = coalesce(old.${column}, excluded.${column})`
      : kept.has(into)
        ? `${column} = coalesce(excluded.${column}, old.${column})`
        : `${column} = excluded.${column}`,
  );
  return {
    places: changed
      .map(({ into }) => into)
      .filter((into) => !['parent_version_id', 'build_duration_ms', 'deployed_at'].includes(into)),
    write_back: `insert into ${METADATA} as old (${all.map(({ column }) => column).join(', ')})
      select ${all.map(({ value }) => value).join(', ')} from ${VERSIONS} v where v.version_id = $1 and v.major_version is not null
      on conflict (version_id) do update set ${sets.join(', ')}
       where old.project_id = excluded.project_id and old.user_id = excluded.user_id`,
    fits: [
      ...places
        .filter(({ into }) => !kept.has(into) && into !== 'build_duration_ms' && into !== 'deployed_at')
        .map(({ fits }) => `(${fits})`),
      'true',
    ].join(' and '),
  };
}

import { defaulted, METADATA, OLD, TYPE, VERSIONS } from './columns.ts';
import type { Decision } from './decide.ts';
import type { Facts, OldTable } from './facts.ts';
import { type OldColumn, quoted, read, unreadable, written } from './kinds.ts';

/** What the files in migrations/legacy read about the old table: SQL for its columns, in the types of this system. */
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

/** The input of the takeover’s SQL. Call it only if no column is refused. */
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

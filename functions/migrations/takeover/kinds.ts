/** A column of an old table, as the catalog has it. */
export interface OldColumn {
  name: string;
  /** As PostgreSQL writes it out: `character varying(100)`, `public.change_type`. */
  type: string;
  /** The type's own name, that under a domain: `varchar`, `int4`. */
  base: string;
  /** The labels of an enum type, else null. */
  labels: string[] | null;
  /** Characters a text may have, null without a limit. */
  length: number | null;
  /** Decimals a numeric may have, null without a limit. */
  scale: number | null;
  notNull: boolean;
  default: string | null;
  generated: boolean;
}

/** What a column means, which decides the types it may have. */
export type Kind =
  | { is: 'id' | 'text'; longest?: number }
  | { is: 'word'; words: readonly string[] }
  | { is: 'integer' | 'bigint' | 'flag' | 'moment' | 'share' | 'checksum' | 'json' | 'anything' };

const TEXTS = ['text', 'varchar', 'bpchar'];
const INTEGERS = ['int2', 'int4', 'int8'];
const MOMENTS = ['timestamptz', 'timestamp', 'date'];
const NUMBERS = ['numeric', 'float4', 'float8'];

/** The types that the old table may have for a kind: values are read from it, with a cast. In words, for the person who reads the refusal. */
const READABLE: Record<Kind['is'], { bases: string[]; enums: boolean; words: string }> = {
  id: { bases: [...TEXTS, 'uuid'], enums: false, words: 'char, varchar, text, uuid, or a domain over one of them' },
  text: { bases: TEXTS, enums: true, words: 'char, varchar, text or an enum' },
  word: { bases: TEXTS, enums: true, words: 'char, varchar, text or an enum' },
  integer: { bases: INTEGERS, enums: false, words: 'smallint, integer or bigint' },
  bigint: { bases: INTEGERS, enums: false, words: 'smallint, integer or bigint' },
  flag: { bases: ['bool', ...INTEGERS], enums: false, words: 'boolean, or an integer of 0 and 1' },
  moment: { bases: MOMENTS, enums: false, words: 'timestamptz, timestamp (in UTC) or date' },
  share: {
    bases: [...NUMBERS, ...INTEGERS],
    enums: false,
    words: 'numeric, real or double precision, of values from 0 to 1',
  },
  checksum: { bases: [...TEXTS, 'bytea'], enums: false, words: 'char, varchar, text or bytea' },
  json: { bases: ['jsonb', 'json'], enums: false, words: 'jsonb or json' },
  anything: { bases: [], enums: true, words: 'any type' },
};

/** The types that project_versions may have for a kind: the functions of this system read and write them, through indexes. */
const WRITABLE: Record<Kind['is'], { bases: string[]; words: string }> = {
  id: { bases: ['text', 'varchar'], words: 'text or varchar, or a domain over one of them' },
  text: { bases: TEXTS, words: 'text, varchar or char' },
  word: { bases: ['text', 'varchar'], words: 'text, varchar, or an enum with all of the words' },
  integer: { bases: INTEGERS, words: 'smallint, integer or bigint' },
  bigint: { bases: INTEGERS, words: 'smallint, integer or bigint' },
  flag: { bases: ['bool'], words: 'boolean' },
  moment: { bases: MOMENTS, words: 'timestamptz, timestamp (in UTC) or date' },
  share: { bases: NUMBERS, words: 'numeric, real or double precision' },
  checksum: { bases: ['text', 'varchar', 'bpchar'], words: 'text, varchar or char' },
  json: { bases: ['jsonb', 'json'], words: 'jsonb or json' },
  anything: { bases: [], words: 'any type' },
};

/** What types values of this kind are read from, where the column's is none of them. */
export function unreadable(kind: Kind, column: OldColumn): string | undefined {
  const { bases, enums, words } = READABLE[kind.is];
  return kind.is === 'anything' || bases.includes(column.base) || (enums && column.labels !== null) ? undefined : words;
}

/** What types this system can write values of this kind to, where the column's is none of them. */
export function unwritable(kind: Kind, column: OldColumn): string | undefined {
  const { bases, words } = WRITABLE[kind.is];
  if (kind.is === 'anything') return undefined;
  if (column.generated) return 'a column that is no generated one';
  if (kind.is === 'word') {
    const missing = kind.words.filter((word) => !(column.labels ?? kind.words).includes(word));
    if (missing.length > 0) return `an enum that has ${missing.join(', ')} too`;
    if (column.labels !== null) return undefined;
  }
  const longest = lengthOf(kind);
  if (bases.includes(column.base) && column.length !== null && column.length < longest)
    return `${words}, of at least ${longest} characters`;
  return bases.includes(column.base) ? undefined : words;
}

/** The longest text that this system writes. */
function lengthOf(kind: Kind): number {
  if (kind.is === 'word') return Math.max(...kind.words.map(({ length }) => length));
  if (kind.is === 'checksum') return 64;
  return 'longest' in kind ? (kind.longest ?? 0) : 0;
}

/** The value of the column `m.name` as this system has it. */
export function read(kind: Kind, { name, base, labels }: OldColumn): string {
  const value = `m.${quoted(name)}`;
  switch (kind.is) {
    case 'id':
      return `${value}::text`;
    case 'text':
      return `${value}::text`;
    case 'word':
      return known(`${value}::text`, kind.words);
    case 'integer':
      return `${value}::integer`;
    case 'bigint':
      return `${value}::bigint`;
    case 'flag':
      return base === 'bool' ? `${value}::boolean` : `${value} <> 0`;
    case 'moment':
      return base === 'timestamptz' ? `${value}::timestamptz` : `${value}::timestamp at time zone 'UTC'`;
    case 'share':
      return `${value}::numeric`;
    case 'checksum':
      return checksum(base === 'bytea' ? `encode(${value}, 'hex')` : `${value}::text`);
    default:
      return labels === null ? value : `${value}::text`;
  }
}

/** One of the words, however it is written. In collation C, which takes a tenth of the time of others, and once a row. */
const known = (text: string, words: readonly string[]): string =>
  `case lower(btrim(${text}) collate "C") ${words.map((word) => `when '${word}' then '${word}'`).join(' ')} end`;

/** Only what project_versions takes for a checksum; the rest stays where it is. */
const checksum = (text: string): string => `case when ${text} ~ '^[a-fA-F0-9]{64}$' then ${text} end`;

/** The value `v.into` of this system in the type of the old column, and whether what the old column then holds is that value. */
export function written(kind: Kind, { name, type, base, notNull, default: fallback }: OldColumn, into: string) {
  const own = `v.${quoted(into)}`;
  const old = kind.is === 'moment' && base !== 'timestamptz' ? `(${own}::timestamptz at time zone 'UTC')` : own;
  const cast =
    kind.is === 'flag' && base !== 'bool'
      ? `${own}::integer`
      : kind.is === 'moment' ||
          kind.is === 'share' ||
          kind.is === 'integer' ||
          kind.is === 'bigint' ||
          kind.is === 'flag'
        ? `${old}::${type}`
        : `${own}::text::${type}`;
  const value = notNull && fallback !== null ? `coalesce(${cast}, ${fallback})` : cast;
  const expected = notNull && fallback !== null ? `coalesce(${own}, o.${quoted(into)})` : own;
  // A date holds no time of day, and a numeric may round: neither is a reason to leave a version behind.
  const fits =
    (kind.is === 'moment' && base === 'date') || kind.is === 'share'
      ? 'true'
      : kind.is === 'flag'
        ? `coalesce(o.${quoted(into)}, false) = coalesce(${expected}, false)`
        : `o.${quoted(into)}::text is not distinct from ${expected}::text`;
  return { column: quoted(name), value, fits };
}

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** How a value of a type is returned. `unsupported` makes the whole answer an UnsupportedResultException. */
export type Shape =
  | 'boolean'
  | 'long'
  | 'double'
  | 'numeric'
  | 'string'
  | 'timestamptz'
  | 'blob'
  | 'array'
  | 'unsupported';

export interface ColumnType {
  /** PostgreSQL's name of it, as in `columnMetadata.typeName`: `int4`, `_text`. */
  name: string;
  shape: Shape;
  /** The code JDBC has for it (java.sql.Types): `columnMetadata.type`. */
  jdbc: number;
  element?: ColumnType;
}

const ARRAY = 2003;
const OTHER = 1111;

const scalar = (name: string, shape: Shape, jdbc = OTHER): ColumnType => ({ name, shape, jdbc });

// By OID (src/include/catalog/pg_type.dat). The strings of inet, cidr, int4range, numrange are reported by users (R), as are the refusals
// of macaddr, int8range, daterange, tsrange, regclass, regtype and "char". That everything not listed is refused too is a guess (?):
// a cast to text works here and there alike, a type that only works here would not.
const SCALARS: Record<number, ColumnType> = {
  16: scalar('bool', 'boolean', -7),
  17: scalar('bytea', 'blob', -2),
  19: scalar('name', 'string', 12),
  20: scalar('int8', 'long', -5),
  21: scalar('int2', 'long', 5),
  23: scalar('int4', 'long', 4),
  25: scalar('text', 'string', 12),
  26: scalar('oid', 'long', -5),
  114: scalar('json', 'string'),
  650: scalar('cidr', 'string'),
  700: scalar('float4', 'double', 7),
  701: scalar('float8', 'double', 8),
  869: scalar('inet', 'string'),
  1042: scalar('bpchar', 'string', 1),
  1043: scalar('varchar', 'string', 12),
  1082: scalar('date', 'string', 91),
  1083: scalar('time', 'string', 92),
  1114: scalar('timestamp', 'string', 93),
  1184: scalar('timestamptz', 'timestamptz', 93),
  1700: scalar('numeric', 'numeric', 2),
  2278: scalar('void', 'string'),
  2950: scalar('uuid', 'string'),
  3802: scalar('jsonb', 'string'),
  3904: scalar('int4range', 'string'),
  3906: scalar('numrange', 'string'),
};

const arrayOf = (element: ColumnType): ColumnType => ({
  name: `_${element.name}`,
  // An array of blobs has no member in the service's ArrayValue (M: model).
  shape: element.shape === 'unsupported' || element.shape === 'blob' ? 'unsupported' : 'array',
  jdbc: ARRAY,
  element,
});

// The array types of the scalars, by OID.
const ARRAYS: Record<number, number> = {
  1000: 16, 1001: 17, 1003: 19, 1005: 21, 1007: 23, 1009: 25, 1014: 1042, 1015: 1043, 1016: 20, 1021: 700, 1022: 701, 1028: 26,
  1041: 869, 1115: 1114, 1182: 1082, 1183: 1083, 1185: 1184, 1231: 1700, 199: 114, 2951: 2950, 3807: 3802, 651: 650, 3905: 3904, 3907: 3906,
}; // biome-ignore format: a table

for (const [array, element] of Object.entries(ARRAYS)) SCALARS[Number(array)] = arrayOf(SCALARS[element] as ColumnType);

/** Types of one database that are not PostgreSQL's own. An OID is never used for another type while the database lives. */
export type KnownTypes = Map<number, ColumnType>;

/** A connection to the database whose types are asked for. */
interface Catalog {
  readonly types: KnownTypes;
  ask(text: string, values: unknown[]): Promise<{ rows: unknown[][] }>;
}

/** The types of a result's columns, asking the database's catalog for those it defined itself. */
export async function columnTypes(oids: number[], catalog: Catalog): Promise<ColumnType[]> {
  const unknown = oids.filter((oid) => SCALARS[oid] === undefined && !catalog.types.has(oid));
  if (unknown.length > 0) await learn(unknown, catalog);
  return oids.map((oid) => SCALARS[oid] ?? catalog.types.get(oid) ?? scalar(`oid ${oid}`, 'unsupported'));
}

const CATALOG = `select t.oid::text, t.typname, t.typtype, e.typname, e.typtype
  from pg_catalog.pg_type t left join pg_catalog.pg_type e on e.oid = t.typelem and t.typcategory = 'A'
 where t.oid = any($1::pg_catalog.oid[])`;

async function learn(oids: number[], catalog: Catalog): Promise<void> {
  const { rows } = await catalog.ask(CATALOG, [`{${oids.join(',')}}`]);
  for (const [oid, name, type, elementName, elementType] of rows) {
    const element = elementName === null ? undefined : ownType(elementName as string, elementType as string);
    catalog.types.set(Number(oid), element === undefined ? ownType(name as string, type as string) : arrayOf(element));
  }
}

// Enumerations are strings (D: user-defined enumerations are supported); composites and the rest of a database's own types are not.
const ownType = (name: string, type: string): ColumnType =>
  scalar(name, type === 'e' ? 'string' : 'unsupported', type === 'e' ? 12 : OTHER);

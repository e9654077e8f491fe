import type { Session } from './session.ts';
import type { Column } from './statement.ts';
import type { ColumnType, Shape } from './types.ts';

// The table columns behind result columns, with what pg_catalog knows of them.
const TABLE_COLUMNS = `select a.attrelid, a.attnum, c.relname, a.attnotnull,
       a.attidentity <> '' or coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid) like 'nextval(%', false)
  from pg_catalog.pg_attribute a
  join pg_catalog.pg_class c on c.oid = a.attrelid
  left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
 where a.attrelid = any($1::pg_catalog.oid[]) and a.attnum > 0`;

interface TableColumn {
  table: string;
  notNull: boolean;
  generated: boolean;
}

/**
 * `columnMetadata`, one entry a column. The numbers are those of PostgreSQL's JDBC driver (PgResultSetMetaData), which users of the
 * service see (R); that schemaName is always empty is from their examples (R).
 */
export async function columnMetadata(columns: Column[], types: ColumnType[], session: Session): Promise<object[]> {
  const tables = await tableColumns(columns, session);
  return columns.map((column, index) => {
    const type = types[index] as ColumnType;
    const source = tables.get(`${column.tableID}.${column.columnID}`);
    const { precision, scale } = extent(type, column.dataTypeModifier);
    return {
      arrayBaseColumnType: type.element?.jdbc ?? 0,
      isAutoIncrement: source?.generated ?? false,
      isCaseSensitive: !CASELESS.has(type.shape),
      isCurrency: false,
      isSigned: SIGNED.has(type.shape),
      label: column.name,
      name: column.name,
      // 0 not null, 1 nullable, 2 not known (java.sql.ResultSetMetaData).
      nullable: source === undefined ? 2 : source.notNull ? 0 : 1,
      precision,
      scale,
      schemaName: '',
      tableName: source?.table ?? '',
      type: type.jdbc,
      typeName: type.name,
    };
  });
}

async function tableColumns(columns: Column[], session: Session): Promise<Map<string, TableColumn>> {
  const ids = new Set(columns.map(({ tableID }) => tableID).filter((id) => id !== 0));
  if (ids.size === 0) return new Map();
  const { rows } = await session.ask(TABLE_COLUMNS, [`{${[...ids].join(',')}}`]);
  return new Map(
    rows.map(([table, column, name, notNull, generated]) => [
      `${table}.${column}`,
      { table: name as string, notNull: notNull as boolean, generated: generated as boolean },
    ]),
  );
}

const SIGNED = new Set<Shape>(['long', 'double', 'numeric']);
const CASELESS = new Set<Shape>(['long', 'double', 'numeric', 'boolean', 'timestamptz']);

const UNBOUNDED = 2_147_483_647;
const EXTENTS: Record<string, [precision: number, scale: number]> = {
  bool: [1, 0],
  int2: [5, 0],
  int4: [10, 0],
  int8: [19, 0],
  oid: [10, 0],
  float4: [8, 8],
  float8: [17, 17],
  date: [13, 0],
  time: [15, 6],
  timestamp: [29, 6],
  timestamptz: [35, 6],
};

function extent(type: ColumnType, modifier: number): { precision: number; scale: number } {
  const [precision, scale] = EXTENTS[type.name] ?? [UNBOUNDED, 0];
  // Type modifiers carry 4 bytes of a length that is not the value's.
  const length = modifier - 4;
  if (type.name === 'numeric')
    return length < 0 ? { precision: 0, scale: 0 } : { precision: length >> 16, scale: length & 0x7ff };
  if (type.name === 'varchar' || type.name === 'bpchar')
    return { precision: length < 0 ? precision : length, scale: 0 };
  return { precision, scale };
}

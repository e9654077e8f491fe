import { METADATA, OLD, REQUIRED, VERSIONS } from './columns.ts';
import { type OldColumn, quoted } from './kinds.ts';

/** Rows that break what this system counts on: `where` says which; `from` is the old table unless said otherwise. */
export interface RowRule {
  table: string;
  column: string;
  type: string;
  where: string;
  accepted: string;
  mend: string;
}

/** Values that this system has no word or no room for, in a column of project_versions. */
export function ownRules(column: OldColumn): RowRule[] {
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

/** Values of the old table that project_versions has no room for. `own`: the column they go to, where it is there already. */
export function oldRules(column: OldColumn, into: string, own: OldColumn | undefined): RowRule[] {
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

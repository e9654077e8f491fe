import { defaulted, METADATA, OLD, OWN, REQUIRED, REQUIRED_OLD, TYPE, VERSIONS } from './columns.ts';
import type { Facts, OldTable } from './facts.ts';
import { type OldColumn, quoted, unreadable, unwritable } from './kinds.ts';
import { oldRules, ownRules, type RowRule } from './rules.ts';

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

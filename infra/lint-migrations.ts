import type { SqlText } from './migrations-sql-text.ts';
import { madeBy, unsafeDdl } from './unsafe-ddl.ts';

/**
 * Refuses a migration that would stop a live database.
 *
 * @throws SqlFileError with file:line:column, what the statement does to those who use the table, and the safe way to write it
 */
export function lintMigration(file: SqlText): void {
  const own = new Set<string>();
  let validated = false;
  let addedUnvalidated = false;
  for (const { start, node, directives } of file.statements()) {
    if (directives.length > 0) addedUnvalidated = false;
    const batched = directives.some(({ value }) => value === 'batched');
    const problem = unsafeDdl(node, { own, validated, addedUnvalidated, batched });
    if (problem) throw file.error(start, problem);
    const altered = JSON.stringify((node as { AlterTableStmt?: object }).AlterTableStmt ?? '');
    addedUnvalidated ||= altered.includes('"skip_validation":true');
    validated ||= altered.includes('AT_ValidateConstraint');
    const made = madeBy(node);
    if (made) own.add(made);
  }
}

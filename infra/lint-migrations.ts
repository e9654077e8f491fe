import type { Phase } from '../functions/migrations/migration.ts';
import type { SqlText } from './migrations-sql-text.ts';
import { madeBy, unsafeDdl } from './unsafe-ddl.ts';

/**
 * Refuses a migration that would stop a live database, or the code that runs on it.
 *
 * @throws SqlFileError with file:line:column, what the statement does to those who use the table, and the safe way to write it
 */
export function lintMigration(file: SqlText, phase: Phase): void {
  const own = new Set<string>();
  let validated = false;
  for (const { start, node, directives } of file.statements()) {
    const batched = directives.some(({ value }) => value.startsWith('batched'));
    const long = directives.some(({ value }) => value === 'long');
    const problem = unsafeDdl(node, { own, phase, validated, batched, long });
    if (problem) throw file.error(start, problem);
    const altered = JSON.stringify((node as { AlterTableStmt?: object }).AlterTableStmt ?? '');
    validated ||= altered.includes('AT_ValidateConstraint');
    const made = madeBy(node);
    if (made) own.add(made);
  }
}

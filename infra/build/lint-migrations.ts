import type { Phase } from '../../functions/migrations/migration.ts';
import type { SqlText } from './migrations-sql-text.ts';
import { madeBy, unsafeDdl } from './unsafe-ddl.ts';

/**
 * Refuses a migration that would stop a live database, or the code that runs on it.
 *
 * @throws SqlFileError with file:line:column, what the statement does to those who use the table, and the safe way to write it
 */
export function lintMigration(file: SqlText, phase: Phase): void {
  const own = new Set<string>();
  const validated = new Set<string>();
  for (const { start, node, directives } of file.statements()) {
    const batched = directives.some(({ value }) => value.startsWith('batched'));
    const long = directives.some(({ value }) => value === 'long');
    const problem = unsafeDdl(node, { own, phase, validated, batched, long });
    if (problem) throw file.error(start, problem);
    const { AlterTableStmt: altered } = node as { AlterTableStmt?: { relation: { relname: string } } };
    if (JSON.stringify(altered ?? '').includes('AT_ValidateConstraint')) validated.add(altered?.relation.relname ?? '');
    const made = madeBy(node);
    if (made) own.add(made);
  }
}

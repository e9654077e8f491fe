import { parse } from '@libpg-query/parser';
import type { Step } from '../../functions/migrations/migration.ts';

/** PostgreSQL's table locks from the weakest to the strongest that a step may take, and who waits for it. */
const LOCKS = {
  none: 'nobody waits',
  rows: 'writers of the same rows wait, a fifth of a second a batch',
  'share update exclusive': 'nobody waits; other schema changes do',
  'share row exclusive': 'writers wait for an instant',
  'access exclusive':
    'everybody waits for an instant; it steps back when it does not get the lock in a tenth of a second',
} as const;

export type Lock = keyof typeof LOCKS;
const ORDER = Object.keys(LOCKS) as Lock[];

export const whoWaits = (lock: Lock): string => LOCKS[lock];

/** Changes of a table that leave readers and writers alone: https://www.postgresql.org/docs/17/explicit-locking.html */
const LIGHT = new Set(['AT_ValidateConstraint', 'AT_SetStatistics']);

/** The strongest lock on a table that was there before that a step takes, as PostgreSQL's documentation has it. */
export async function lockOf(step: Step): Promise<Lock> {
  if (step.kind === 'batched') return 'rows';
  if (step.kind !== 'transaction') return 'share update exclusive';
  const made = new Set<string>();
  const locks = await Promise.all(step.statements.map(async ({ sql }) => statementsOf((await parse(sql)).stmts ?? [])));
  return locks
    .flat()
    .map((node) => lockOfStatement(node, made))
    .reduce((a, b) => (ORDER.indexOf(b) > ORDER.indexOf(a) ? b : a), 'none');
}

type Node = Record<string, Record<string, unknown> | undefined>;
const statementsOf = (statements: { stmt?: unknown }[]): Node[] => statements.map(({ stmt }) => stmt as Node);

function lockOfStatement(node: Node, made: Set<string>): Lock {
  const [[kind = '', body] = []] = Object.entries(node);
  const table = (body?.relation as { relname?: string } | undefined)?.relname ?? '';
  if (kind === 'CreateStmt') made.add(table);
  if (made.has(table)) return 'none';
  switch (kind) {
    case 'AlterTableStmt': {
      const commands = (body?.cmds ?? []) as { AlterTableCmd: { subtype: string } }[];
      const light = commands.every(({ AlterTableCmd }) => LIGHT.has(AlterTableCmd.subtype));
      return light ? 'share update exclusive' : 'access exclusive';
    }
    case 'CreateTrigStmt':
      return 'share row exclusive';
    case 'DropStmt':
      return /TRIGGER|POLICY|TABLE/.test(String(body?.removeType)) ? 'access exclusive' : 'none';
    case 'CreatePolicyStmt':
    case 'AlterPolicyStmt':
      return 'access exclusive';
    case 'UpdateStmt':
    case 'DeleteStmt':
      return 'rows';
    // A block may do anything: the strongest is assumed.
    case 'DoStmt':
      return 'access exclusive';
    default:
      return 'none';
  }
}

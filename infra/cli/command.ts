import type { ParseArgsConfig, parseArgs } from 'node:util';
import { parseCommand, runCommand, UsageError } from '../local/cli.ts';
import { DEFAULT_DATA_DIR } from '../local/endpoints.ts';
import { type Target, targetOf } from './target.ts';

/** What every command that operates a stack understands. */
const SHARED = {
  stack: { type: 'string' },
  data: { type: 'string', default: DEFAULT_DATA_DIR },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

const SHARED_USAGE = [
  ['--stack NAME', "a deployed stack, with your shell's AWS credentials and region (default: the one on this machine)"],
  ['--data DIR', 'where the one on this machine has its data (default .local)'],
  ['--json', 'for scripts'],
  ['--help', 'this text'],
];
/** An option, and what it means behind two blanks or more. */
const OPTION = /^ {2}(--.*?) {2,}(\S.*)$/gm;

/** Of those that change something. */
export const ASKS = { yes: { type: 'boolean', default: false } } as const;
export const ASKS_USAGE = '  --yes         do not ask\n';

type Options = NonNullable<ParseArgsConfig['options']>;
type Values<Own extends Options> = ReturnType<
  typeof parseArgs<{ options: typeof SHARED & Own; strict: true; allowPositionals: true }>
>['values'];

/** What a command works with: its options, the words beside them, and the stack, once it is asked for. */
export interface Command<Own extends Options> {
  values: Values<Own>;
  words: string[];
  target(dataApi?: { maxAttempts?: number }): Promise<Target>;
}

/**
 * Runs a command that operates a stack: its own options beside those they all have, and `--help` with its usage, those options, and `after`.
 *
 * @param usage ends with the lines of its own options
 * @param words whether it understands words beside them
 */
export const operate = <Own extends Options>(
  { usage, options, words = false, after = '' }: { usage: string; options: Own; words?: boolean; after?: string },
  act: (command: Command<Own>) => Promise<void>,
): Promise<void> =>
  runCommand(async () => {
    const { values, positionals } = parseCommand(process.argv.slice(2), { ...options, ...SHARED });
    const shared = values as { stack?: string; data: string; help: boolean };
    if (shared.help) return console.log(usageOf(usage, after));
    if (!words && positionals.length > 0)
      throw new UsageError(`got "${positionals.join(' ')}", allowed are options alone: see --help`);
    await act({
      values: values as Values<Own>,
      words: positionals,
      target: (dataApi) => targetOf(shared.stack, shared.data, dataApi),
    });
  });

/** The options one below the other, in one column. */
function usageOf(usage: string, after: string): string {
  const own = [...usage.matchAll(OPTION)].map(([, option = '', means = '']) => [option, means]);
  const options = [...own, ...SHARED_USAGE];
  const width = Math.max(...options.map(([option = '']) => option.length));
  const lines = options.map(([option = '', means = '']) => `  ${option.padEnd(width)}  ${means}`);
  return [usage.replace(OPTION, '').trimEnd(), '', ...lines, ...(after ? ['', after] : [])].join('\n');
}

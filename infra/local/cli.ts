import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { clean } from '../../functions/platform/text.ts';
import { DEFAULT_DATA_DIR, LOCAL_USER } from './endpoints.ts';

/** What a command line asks for that none of ours understands. */
export class UsageError extends Error {
  override name = 'UsageError';
}

export interface StartOptions {
  port: number;
  dataDir: string;
  sample: boolean;
  quiet: boolean;
  watch: boolean;
  /** A model of Bedrock to configure the stack with. */
  model: string | undefined;
  help: boolean;
}

const DEFAULT_PORT = 4600;

export const START_USAGE = `Runs the synthesized stack on this machine: the API, its functions, the queue and the database.

  npm start -- [options]

  --port N      of the API; SQS, the Data API, PostgreSQL, Secrets Manager, the model and the issuer use the six after it (default ${DEFAULT_PORT}; 0: any free ones)
  --data DIR    where data, logs and endpoints.json lie (default .local)
  --no-sample   do not replay the sample releases on a first start
  --model ID    let a model describe versions, as the context key modelId does; its answers are configured locally
  --quiet       say nothing but errors
  --watch       rebuild and restart a function when its source changes
  --help        this text`;

/** @throws UsageError naming the option, what came and what is allowed. */
export function parseStart(args: string[]): StartOptions {
  const values = parseOptions(args, {
    port: { type: 'string', default: String(DEFAULT_PORT) },
    data: { type: 'string', default: DEFAULT_DATA_DIR },
    sample: { type: 'boolean', default: true },
    quiet: { type: 'boolean', default: false },
    watch: { type: 'boolean', default: false },
    model: { type: 'string' },
    help: { type: 'boolean', default: false },
  });
  const port = Number(values.port);
  // The last of the seven ports must be one too.
  if (!/^\d+$/.test(values.port) || port > 65_529) {
    throw new UsageError(`--port: got "${values.port}", allowed is a number from 0 to 65529`);
  }
  return { ...values, model: values.model, port, dataDir: resolve(values.data) };
}

/** Options of the commands that speak of a started stack. @throws UsageError */
export function parseDataDir(args: string[]): string {
  return resolve(parseOptions(args, { data: { type: 'string', default: DEFAULT_DATA_DIR } }).data);
}

/** @throws UsageError */
export function parseToken(args: string[]): { dataDir: string; user: string } {
  const { data, user } = parseOptions(args, {
    data: { type: 'string', default: DEFAULT_DATA_DIR },
    user: { type: 'string', default: LOCAL_USER },
  });
  return { dataDir: resolve(data), user };
}

/** @throws UsageError when no secret, or an unknown option, is named. */
export function parseRotate(args: string[]): { dataDir: string; secret: string } {
  const { data, secret } = parseOptions(args, {
    data: { type: 'string', default: DEFAULT_DATA_DIR },
    secret: { type: 'string', default: '' },
  });
  if (secret === '') throw new UsageError('--secret: say which one, as in: npm run rotate -- --secret api');
  return { dataDir: resolve(data), secret };
}

/** Options and the words beside them of a command that operates a stack. @throws UsageError */
export function parseCommand<T extends NonNullable<Parameters<typeof parseArgs>[0]>['options']>(
  args: string[],
  options: T,
) {
  return parseAll(args, options, true);
}

/** Options alone: a word beside them is one that was to be an option. @throws UsageError */
export const parseOptions = <T extends NonNullable<Parameters<typeof parseArgs>[0]>['options']>(
  args: string[],
  options: T,
) => parseAll(args, options, false).values;

function parseAll<T extends NonNullable<Parameters<typeof parseArgs>[0]>['options']>(
  args: string[],
  options: T,
  allowPositionals: boolean,
) {
  try {
    return parseArgs({ args, options: options as NonNullable<T>, allowNegative: true, strict: true, allowPositionals });
  } catch (cause) {
    throw new UsageError(
      `${(cause as Error).message.split('. ')[0]}. Known are ${Object.keys(options ?? {})
        .map((name) => `--${name}`)
        .join(', ')}`,
      { cause },
    );
  }
}

/** Runs a command; what its user did wrong, or can do something about, is said in a line and not as a stack trace. */
export async function runCommand(command: () => Promise<void>): Promise<void> {
  try {
    await command();
  } catch (error) {
    const known = error instanceof Error && !/^(|Type|Range|Reference|Syntax|Aggregate)Error$/.test(error.name);
    process.stderr.write(`${clean(String(known ? error.message : error instanceof Error ? error.stack : error))}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}

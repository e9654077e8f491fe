/** How many requests a second the stack takes on this machine, and where their time goes: `npm run load -- --help`. */
import { availableParallelism } from 'node:os';
import { parseCommand, runCommand, UsageError } from '../../../infra/local/cli.ts';
import { machine } from '../report/machine.ts';
import { users, VERSIONS } from './history.ts';
import { type Level, loadLevel } from './level.ts';
import { startLoadedStack } from './loaded-stack.ts';
import { levelHead, levelRow, partsBar, processorsLine } from './table.ts';
import { exploreProjects, MIX, requestsOf } from './traffic.ts';

const MOST = 512;
/** A level that brings less than this much more is the last one. */
const WORTH_IT = 1.05;

const HELP = `Loads a local stack of its own, on this machine alone, with more and more connections until they bring nothing, and shows where the time of a request goes.

  npm run load -- [options]

${users.length} users with ${VERSIONS.toLocaleString('en')} versions in projects of 20 to 5,000. Of a hundred requests ${Object.entries(
  MIX,
)
  .map(([kind, of]) => `${of} are "${kind}"`)
  .join(', ')}.
Each connection sends its next request when it has its answer. 1, 2, 4, 8, ... connections, until twice as many bring less than 5 % more requests a second.

  --duration N      seconds for each number of connections, 1 to 60, after one to warm up (default 5)
  --connections N   the most, 1 to ${MOST} (default 256)
  --json            all figures, for scripts
  --help            this text

Exit code 0: every answer was a 2xx. 1: one was not, or none came. 2: not understood.`;

await runCommand(async () => {
  const { values } = parseCommand(process.argv.slice(2), {
    duration: { type: 'string', default: '5' },
    connections: { type: 'string', default: '256' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  });
  if (values.help) return console.log(HELP);
  const seconds = within('duration', values.duration, 60);
  const most = within('connections', values.connections, MOST);
  const say = values.json ? () => {} : console.log;

  say(`Starting a stack with ${VERSIONS.toLocaleString('en')} versions of ${users.length} users ...`);
  const stack = await startLoadedStack();
  // Ctrl-C is for all processes of the terminal; the stack's leaves it to this one to end it in order.
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void stack.stop().finally(() => process.exit(130)));
  const levels: Level[] = [];
  try {
    const projects = await exploreProjects(stack.api, stack.tokens);
    say(`\n${levelHead()}`);
    for (let connections = 1; connections <= most && !saturated(levels); connections *= 2) {
      const level = await loadLevel(stack, connections, seconds, (client) => requestsOf(projects, client));
      levels.push(level);
      say(levelRow(level));
    }
  } finally {
    await stack.stop();
  }
  const knee = saturated(levels) ? levels.at(-2) : levels.at(-1);
  if (knee === undefined) return;
  if (levels.some(({ errors, refused }) => errors > 0 || Object.keys(refused).length > 0)) process.exitCode = 1;
  if (values.json) {
    const report = { machine: machine(), mix: MIX, users: users.length, versions: VERSIONS, seconds, levels };
    return console.log(JSON.stringify({ ...report, saturated: saturated(levels), knee: knee.connections }, null, 2));
  }
  say(
    saturated(levels)
      ? `\nSaturated: more than ${knee.connections} connections bring less than 5 % more.\n`
      : `\nNot saturated with ${knee.connections} connections.\n`,
  );
  say([partsBar(knee), processorsLine(knee, availableParallelism())].filter(Boolean).join('\n\n'));
});

function within(name: string, text: string, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new UsageError(`--${name}: got "${text}", allowed is a whole number from 1 to ${most}`);
}

/** Whether the last level has brought nothing over the one before. */
function saturated(levels: Level[]): boolean {
  const [before, last] = levels.slice(-2);
  return before !== undefined && last !== undefined && last.perSecond.mean < before.perSecond.mean * WORTH_IT;
}

/** How many requests a second the stack takes on this machine, and where their time goes: `npm run load -- --help`. */
import { parseOptions, runCommand, UsageError } from '../../../infra/local/cli.ts';
import { machine } from '../report/machine.ts';
import { users, VERSIONS } from './history.ts';
import { failuresOf, measureLoad } from './load.ts';
import { printKnee, printLevel, printLevelHead } from './table.ts';
import { MIX } from './traffic.ts';

const MOST = 512;

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
  const values = parseOptions(process.argv.slice(2), {
    duration: { type: 'string', default: '5' },
    connections: { type: 'string', default: '256' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  });
  if (values.help) return console.log(HELP);
  const options = {
    seconds: within('duration', values.duration, 60),
    most: within('connections', values.connections, MOST),
  };
  if (!values.json) {
    console.log(`Starting a stack with ${VERSIONS.toLocaleString('en')} versions of ${users.length} users ...\n`);
    printLevelHead();
  }
  const figures = await measureLoad(values.json ? options : { ...options, onLevel: printLevel });
  const failures = failuresOf(figures);
  for (const failure of failures) console.error(`FAILED: ${failure}`);
  if (failures.length > 0) process.exitCode = 1;
  if (values.json) console.log(JSON.stringify({ machine: machine(), ...figures }, null, 2));
  else printKnee(figures);
});

function within(name: string, text: string, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new UsageError(`--${name}: got "${text}", allowed is a whole number from 1 to ${most}`);
}

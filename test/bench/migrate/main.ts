/** What the migrations cost those who use the database meanwhile, and whether anything is lost: `npm run bench:migrate -- --help`. */
import { parseArgs } from 'node:util';
import { measureMigrations } from './bench.ts';
import { goalsOf } from './figures.ts';
import { printReport } from './report.ts';

const HELP = `npm run bench:migrate -- [options]

Fills a database as the old system left it, and migrates it twice, with clients at work: by this product's migrations through the Data API, and by the plan
(two backups, fifteen columns, one update). Measures how long it takes, how long clients wait for locks and which of their requests fail; then compares
every row with what it was and with what the clients were told is written.

  --versions N   how many versions there are (default 100000; 2000000 takes an hour or more)
  --clients N    readers, and as many writers, of the old code and of the new (default 3)
  --seed S       the data and the clients' choices (default 1)
  --skip-plan    ours alone
  --no-goals     exit with 0 also when a goal is missed: no row lost or wrong, no request failed, no wait of a quarter of a second
  --json         all figures, for scripts
  --help         this text`;

const { values } = parseArgs({
  allowNegative: true,
  options: {
    versions: { type: 'string', default: '100000' },
    clients: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
    'skip-plan': { type: 'boolean', default: false },
    goals: { type: 'boolean', default: true },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const [versions, clients, seed] = [
  wholeNumber('versions', 10_000),
  wholeNumber('clients', 1, 10),
  wholeNumber('seed', 0),
];

if (values.help) console.log(HELP);
else {
  const report = await measureMigrations({ versions, clients, seed, skipPlan: values['skip-plan'] });
  if (values.json) console.log(JSON.stringify(report, null, 2));
  else printReport(report);
  const missed = Object.values(goalsOf(report.ours)).some(({ met }) => !met);
  if (missed && values.goals) process.exitCode = 1;
}

function wholeNumber(name: 'versions' | 'clients' | 'seed', min: number, max = 100_000_000): number {
  const value = Number(values[name]);
  if (!Number.isInteger(value) || value < min || value > max)
    throw new Error(`--${name} must be a whole number from ${min} to ${max}, not ${values[name]}`);
  return value;
}

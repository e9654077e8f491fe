/** What things cost and how good they are, compared in one run on one machine: `npm run bench -- --help`. */
import { resolve } from 'node:path';
import { parseOptions, runCommand, UsageError } from '../../infra/local/cli.ts';
import { BENCHES, type Effort, type Figures } from './benches.ts';

const HELP = `What things cost and how good they are, each compared with something else in the same run.

  npm run bench -- [options]

  --only NAME    one alone:
    list         list and publish in a project of 100,000 versions, N times each, through the whole stack; then the list alone against the plan's, the old
                 JOIN, drizzle-orm and kysely, at depths down to 40,000 and in projects of 20 to 100,000 versions
    indexes      what an insert, a metadata write and a publish cost with all indexes and without each, N times 20 of them
    metadata     messages until their metadata is written, in batches of 1 to 10, N of each, against one message and two statements at a time
    rules        how often the rules are right on 521 real changes, one project left out at a time
    start        cold starts of list-versions, N of them (--pairs), against a bare SDK client's, drizzle-orm's and kysely's; exit code 1 when they take longer
                 than they may, unless --no-goals
    load         requests a second under more and more connections (npm run load has options)
    migrations   100,000 versions, migrated while users go on, against the plan's single UPDATE (npm run bench:migrate has options)
  --requests N   how often each request, or batch, is timed (default 100)
  --pairs N      how often each function is started (default 50)
  --report       write it all to test/bench/report.md, with charts; takes a quarter of an hour, on a machine that does nothing else
  --out DIR      write the report there
  --json         all figures, for scripts
  --help         this text`;

const isBench = (name: string): name is keyof Figures => Object.hasOwn(BENCHES, name);

await runCommand(async () => {
  const values = parseOptions(process.argv.slice(2), {
    only: { type: 'string' },
    requests: { type: 'string', default: '100' },
    pairs: { type: 'string', default: '50' },
    goals: { type: 'boolean', default: true },
    report: { type: 'boolean', default: false },
    out: { type: 'string', default: import.meta.dirname },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  });
  if (values.help) return console.log(HELP);
  const [turns, pairs] = [wholeNumber('requests', values.requests), wholeNumber('pairs', values.pairs)];
  const { only } = values;
  if (only !== undefined && !isBench(only))
    throw new UsageError(`--only: got "${only}", allowed is one of ${Object.keys(BENCHES).join(', ')}`);
  if (only !== undefined && values.report) throw new UsageError('--report is of all of them: leave out --only');

  const found: Partial<Figures> = {};
  const names = Object.keys(BENCHES).filter(isBench);
  for (const [index, name] of names.entries()) {
    if (only !== undefined && only !== name) continue;
    if (only === undefined) console.error(`\n${index + 1} of ${names.length}: ${name}`);
    const missed = await run(name, found, { turns, pairs, versions: 100_000 }, values.json);
    if (values.goals && missed.length > 0) process.exitCode = 1;
  }
  if (values.json) console.log(JSON.stringify(found, null, 2));
  if (values.report) {
    const { writeReport } = await import('./report/write.ts');
    console.error(`\nWritten: ${(await writeReport(resolve(values.out), found as Figures)).join(', ')}`);
  }
});

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new UsageError(`--${name}: got "${text}", allowed is a whole number from 1`);
}

/** @returns what the goals say against what was found */
async function run<Name extends keyof Figures>(
  name: Name,
  found: Partial<Figures>,
  effort: Effort,
  quiet: boolean,
): Promise<string[]> {
  const bench = await BENCHES[name]();
  const figures = await bench.measure(effort);
  found[name] = figures;
  if (!quiet) bench.print(figures);
  return bench.missed?.(figures) ?? [];
}

/** What things cost and how good they are, compared in one run on one machine: `npm run bench -- --help`. */
import { parseArgs } from 'node:util';

const HELP = `npm run bench -- [--only list|metadata|rules|start] [--requests N] [--pairs N] [--json]

  list      list and publish in a project of 100,000 versions, N times each (100), and everything they are compared with
  metadata  batches of ten messages, N of them (100), against one message and two statements at a time
  rules     how often the rules are right on 521 real changes, one project left out at a time
  start     cold starts of list-versions, N of them (50), against a bare SDK client's, drizzle-orm's and kysely's; exit code 1 when they take
            longer than they may, unless --no-goals`;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    requests: { type: 'string', default: '100' },
    pairs: { type: 'string', default: '50' },
    'no-goals': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const [requests, pairs] = (['requests', 'pairs'] as const).map((name) => {
  const count = Number(values[name]);
  if (Number.isInteger(count) && count >= 1) return count;
  throw new Error(`--${name} must be a whole number from 1, not ${values[name]}`);
}) as [number, number];

// Each loads much of its own: only what is asked for.
const PARTS: Record<string, () => Promise<unknown>> = {
  list: async () => (await import('./list.ts')).benchList(requests, values.json),
  metadata: async () => (await import('./metadata.ts')).benchMetadata(requests, values.json),
  rules: async () => (await import('./rules.ts')).benchRules(values.json),
  start: async () => (await import('./start/start.ts')).benchStart(pairs, values.json, !values['no-goals']),
};
if (values.only !== undefined && PARTS[values.only] === undefined)
  throw new Error(`--only must be one of ${Object.keys(PARTS).join(', ')}, not ${values.only}`);

if (values.help) console.log(HELP);
else
  for (const [name, bench] of Object.entries(PARTS))
    if (values.only === undefined || values.only === name) await bench();

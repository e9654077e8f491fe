import { type Figures, goalsOf, type RequestFigures } from './figures.ts';
import type { Session } from './lock-waits.ts';
import type { OurFigures } from './ours.ts';

/** Everything one run of the bench found out. */
export interface Report {
  versions: number;
  clients: number;
  seed: number;
  ours: Figures & OurFigures & { unjudged: number };
  plan: Figures | undefined;
}

const NAME = 44;
const CELL = 12;
const line = (name: string, cells: string[]): void =>
  console.log(name.padEnd(NAME) + cells.map((cell) => cell.padStart(CELL)).join(''));
const seconds = (ms: number): string => `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
const milliseconds = (ms: number): string => `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
const count = (value: number): string => value.toLocaleString('en-US');

/** Prints it for a person. */
export function printReport({ versions, clients, ours, plan, seed }: Report): void {
  console.log(
    `\n${count(versions)} versions (seed ${seed}), migrated while ${clients} readers and ${clients} writers of the old code, and once the expand phase is\n` +
      'through as many of the new code, work as fast as they can. PostgreSQL with its durable defaults, everything on this machine.\n',
  );
  printSummary(ours, plan);
  printSteps(ours);
  printRequests('requests beside ours', ours);
  if (plan) printRequests('requests beside the plan', plan);
  printDetails('ours', ours);
  if (plan) printDetails('the plan', plan);
}

function printSummary(ours: Report['ours'], plan: Figures | undefined): void {
  const goals = goalsOf(ours);
  const row = (
    name: string,
    figure: (figures: Figures) => number,
    show: (value: number) => string,
    goal?: { goal: string; met: boolean },
  ) => {
    const ratio = plan && figure(plan) > 0 ? (figure(ours) / figure(plan)).toFixed(3) : '';
    const verdict = goal ? `  ${goal.goal}${goal.met ? '' : ', MISSED'}` : '';
    line(name, [show(figure(ours)), plan ? show(figure(plan)) : '', ratio, verdict]);
  };
  line('', ['ours', 'the plan', 'ours/plan', 'goal']);
  row('time in all', ({ totalMs }) => totalMs, seconds);
  for (const [part, ms] of Object.entries(ours.partsMs)) line(`  ${part}`, [seconds(ms)]);
  for (const [part, ms] of Object.entries(plan?.partsMs ?? {})) line(`  ${part}`, ['', seconds(ms)]);
  row('longest wait for a lock', ({ longestWaitMs }) => longestWaitMs, milliseconds, goals.longestWait);
  row('  behind the migration', ({ longestWaitBehindMs }) => longestWaitBehindMs, milliseconds);
  row('  before and afterwards', ({ longestWaitOthersMs }) => longestWaitOthersMs, milliseconds);
  row('failed requests', ({ failed }) => failed, count, goals.failed);
  row('rows lost or wrong', ({ wrongRows }) => wrongRows, count, goals.wrongRows);
  line('rows nobody can judge, a write failed', [count(ours.unjudged)]);
  line('stepped back from a lock', [`${count(ours.steppedBack)} times`]);
  line('slices', [count(ours.slices)]);
}

function printSteps({ steps }: Report['ours']): void {
  console.log('');
  line('steps of 0.1 s and more, and batched ones', ['time', 'in batches', 'rows', 'rows/s', 'batches']);
  for (const { step, ms, rows, batches, batchMs } of steps)
    if (ms >= 100 || rows !== null)
      line(step.slice(0, NAME - 1), [
        seconds(ms),
        ...(rows === null
          ? []
          : [seconds(batchMs), count(rows), count(Math.round((rows * 1000) / ms)), count(batches)]),
      ]);
}

function printRequests(title: string, { before, meanwhile, afterwards }: Figures): void {
  console.log('');
  line(title, ['requests', 'failed', 'p50', 'p99', 'longest', 'before: p50', 'longest', 'after: p50', 'longest']);
  for (const [name, figures] of Object.entries(meanwhile))
    line(name, [
      ...[count(figures.requests), count(figures.failed), milliseconds(figures.p50), milliseconds(figures.p99)],
      ...[milliseconds(figures.longest), ...asides(before[name]), ...asides(afterwards[name])],
    ]);
}

const asides = (figures: RequestFigures | undefined): string[] =>
  figures ? [milliseconds(figures.p50), milliseconds(figures.longest)] : ['', ''];

function printDetails(who: string, { failures, wrong, longestWait }: Figures): void {
  for (const [words, times] of Object.entries(failures)) console.log(`\n${who}: failed ${times} times: ${words}`);
  for (const { what, rows, example } of wrong)
    console.log(`\n${who}: ${count(rows)} wrong: ${what}, for one ${example}`);
  if (longestWait) {
    const { ms, lock, behind } = longestWait;
    console.log(`\n${who}: the longest wait, ${milliseconds(ms)} for a lock (${lock}): ${sessionOf(longestWait)}`);
    for (const session of behind) console.log(`  behind ${sessionOf(session)}`);
  }
}

const sessionOf = ({ application, statement }: Session): string =>
  `${application}: ${statement.replaceAll(/\s+/g, ' ')}`;

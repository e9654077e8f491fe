import { UsageError } from '../local/cli.ts';
import { ProgressBar } from '../local/progress.ts';
import { ASKS, ASKS_USAGE, operate } from './command.ts';
import { confirm } from './confirm.ts';
import { giveBack, type Letter, redrive, takeLetters } from './letters.ts';
import { showLetter } from './show-letter.ts';
import { table } from './table.ts';
import type { Target } from './target.ts';

const USAGE = `Dead letters: list messages that could not be processed, see why, put them back.

  npm run dead-letters -- list                    all of them, and why
  npm run dead-letters -- show ID                 one of them
  npm run dead-letters -- redrive ID ... | --all  back on the queue; deleted here only when they lie there

${ASKS_USAGE}`;

const AT_ONCE = 10;

class NoSuchLetter extends Error {
  override name = 'NoSuchLetter';
}

await operate(
  { usage: USAGE, options: { ...ASKS, all: { type: 'boolean', default: false } }, words: true },
  async ({ values, words: [action = 'list', ...ids], target }) => {
    const act = { list, show, redrive: redriveSome }[action];
    if (!act) throw new UsageError(`got "${action}", allowed is list, show or redrive`);
    await act(await target(), ids, values);
  },
);

interface Options {
  all: boolean;
  yes: boolean;
  json: boolean;
}

async function list(target: Target, _: string[], { json }: Options): Promise<void> {
  const letters = await takeAll(target);
  await giveBack(letters);
  if (json) return console.log(JSON.stringify(letters.map(jsonOf)));
  if (letters.length === 0) return console.log(`No dead letters in ${target.name}.`);
  const rows = letters.map(({ id, queues, sentAt, versionId, projectId, reason }) => [
    id,
    queues.name,
    sentAt.toISOString().slice(0, 16).replace('T', ' '),
    versionId ?? '-',
    projectId ?? '-',
    reason,
  ]);
  console.log(
    `${letters.length} dead letters in ${target.name}:\n${table(['ID', 'QUEUE', 'SENT', 'VERSION', 'PROJECT', 'REASON'], rows)}`,
  );
  console.log('\nLook at one: npm run dead-letters -- show ID    Put all back: npm run dead-letters -- redrive --all');
}

async function show(target: Target, [id]: string[], { json }: Options): Promise<void> {
  if (id === undefined) throw new UsageError('show: say which one, as in: npm run dead-letters -- show ID');
  const letters = await takeAll(target);
  await giveBack(letters);
  const [letter] = chosen(letters, [id]);
  if (letter) console.log(json ? JSON.stringify(jsonOf(letter)) : showLetter(letter));
}

async function redriveSome(target: Target, ids: string[], { all, yes, json }: Options): Promise<void> {
  if (all === ids.length > 0) throw new UsageError('redrive: say which ones, or --all');
  const letters = await takeAll(target);
  const wanted = all ? letters : letters.filter(({ id }) => ids.includes(id));
  await giveBack(letters.filter((letter) => !wanted.includes(letter)));
  if (!all && wanted.length < ids.length) {
    await giveBack(wanted);
    chosen(letters, ids);
  }
  const question = `Put ${wanted.length} dead letters of ${target.name} back on the queue?`;
  if (wanted.length > 0 && all && !(await confirm(question, yes))) {
    await giveBack(wanted);
    process.exitCode = 1;
    return;
  }
  const bar = json || wanted.length === 0 ? undefined : new ProgressBar('Putting back', wanted.length);
  const kept: { id: string; error: string }[] = [];
  for (let from = 0; from < wanted.length; from += AT_ONCE) {
    const results = await Promise.all(wanted.slice(from, from + AT_ONCE).map((letter) => redrive(letter)));
    for (const result of results) if (result.kind === 'kept') kept.push({ id: result.letter.id, error: result.error });
    bar?.tick(results.length);
  }
  const redriven = wanted.length - kept.length;
  if (json) console.log(JSON.stringify({ redriven, kept }));
  else console.log(`${redriven} back on the queue.`);
  for (const { id, error } of kept) process.stderr.write(`${id} stays a dead letter: ${error}\n`);
  if (kept.length > 0) process.exitCode = 1;
}

/** Of all queues. */
async function takeAll({ queues }: Target): Promise<Letter[]> {
  return (await Promise.all(queues.map((each) => takeLetters(each)))).flat();
}

/** @throws NoSuchLetter */
function chosen(letters: Letter[], ids: string[]): Letter[] {
  return ids.map((id) => {
    const found = letters.find((letter) => letter.id === id);
    if (!found) throw new NoSuchLetter(`There is no dead letter ${id}. See: npm run dead-letters -- list`);
    return found;
  });
}

/** What a script is jsonOf of a letter. */
function jsonOf({ id, queues, sentAt, reason, versionId, projectId, receives }: Letter) {
  return { id, queue: queues.name, sentAt, reason, versionId, projectId, receives };
}

import type { Message } from '@aws-sdk/client-sqs';
import type { FaultSpec } from '../../../infra/local/data-api/faults.ts';
import { Random } from './random.ts';
import type { World } from './world.ts';

const POST = '/pipeline/projects/{projectId}/versions';
const END = '/pipeline/projects/{projectId}/versions/{versionId}';
const OF_VERSION = '/projects/{projectId}/versions/{versionId}';

/** A version as whoever reported it knows it. */
export interface Known {
  projectId: string;
  versionId: string;
  prompt: string;
  started: boolean;
  deployed: boolean;
  failed: boolean;
  /** What a person has written and was told is written; two at once may come in either order. */
  edited: string[];
  /** Somebody was not told whether it is written. */
  unsure: boolean;
  /** A document went to the queue with a message that can succeed. */
  documented: boolean;
  deliveries: number;
}

/** What happened, for whoever looks at it afterwards. */
export interface History {
  seed: number;
  user: string;
  versions: Known[];
  /** Bodies that must be in the dead-letter queue: they can never succeed, or were acknowledged and did not. */
  hopeless: string[];
  steps: string[];
}

/** Milliseconds of an invocation of generate-metadata, of which 6.5 s are for writing: a model that hangs is given up after 0.3 s. */
const INVOCATION_MS = 6_800;
const STEPS = 18;
const DROPS: FaultSpec['kind'][] = [
  'unavailable',
  'unavailable-after',
  'dropped-before',
  'dropped-after',
  'throttled',
  'internal-error',
];

/**
 * Lives one history: builds of two projects start, deploy and fail; their messages come twice, too early, wrong or never; batches are worked on side by
 * side, die before and after their commit, and meet a database and a model that fail; people edit and publish; time passes. At the end everything works
 * again, for as long as it takes to work off what is there.
 */
export async function live(world: World, seed: number): Promise<History> {
  const random = new Random(seed);
  const history: History = { seed, user: `user-${seed}`, versions: [], hopeless: [], steps: [] };
  const ago: Message[][] = [];
  for (let n = 0; n < 4 + random.below(4); n++) history.versions.push(newVersion(seed, n, random));
  for (let step = 0; step < STEPS; step++) {
    fail(world, random, history);
    const together = random.chance(0.4) ? 2 + random.below(2) : 1;
    await Promise.all(Array.from({ length: together }, () => act(world, random, history, ago)));
  }
  await settleDown(world, history);
  return history;
}

const newVersion = (seed: number, n: number, random: Random): Known => ({
  projectId: `history-${seed}-${random.below(2)}`,
  versionId: `01J${String(seed).padStart(13, '0').slice(-13)}${String(n).padStart(10, '0')}`,
  prompt: `${random.pick(['Add a search', 'Fix the footer', 'Redesign it all'])} of-${seed}-${n}.`,
  ...{ started: false, deployed: false, failed: false, edited: [], unsure: false, documented: false, deliveries: 0 },
});

/** Plants what the database and the model will do to somebody soon. */
function fail(world: World, random: Random, { steps }: History): void {
  const { faults } = world.database.dataApi;
  if (random.chance(0.35)) {
    const kind = random.pick(DROPS);
    const sql = random.pick([
      'read_builds',
      'apply_metadata',
      'apply_metadata',
      'record_build_end',
      'sweep_metadata',
      'edit_metadata',
    ]);
    // The SDK asks three times: one passes unseen, three are an error.
    const count = random.pick([1, 1, 3]);
    faults.add({ kind, sql, count });
    steps.push(`fault ${kind} ${sql} x${count}`);
  } else if (random.chance(0.02)) {
    faults.add({ kind: 'resuming', sql: 'apply_metadata', count: 1 });
    steps.push('fault resuming');
  }
  if (random.chance(0.3)) {
    const answer = random.pick([
      { error: 'ThrottlingException' },
      { error: 'ServiceUnavailableException' },
      { hang: true },
      { reset: true },
      { text: 'I would rather not.', count: 2 },
      { text: '{"change_type":"minor"', stopReason: 'max_tokens' },
      {
        input: {
          change_type: 'minor',
          version: '7.0.0-beta.1',
          name: 'N',
          description: 'D',
          breaking_risk: 'low',
          confidence: 0.5,
          reasoning: 'R',
        },
      },
      { stopReason: 'content_filtered', text: '' },
    ]);
    world.model.answers.add(answer);
    steps.push(`model ${JSON.stringify(answer)}`);
  }
}

type Act = (world: World, random: Random, history: History, ago: Message[][]) => Promise<void>;

/** What may happen next, and how often. */
const ACTS: [weight: number, name: string, Act][] = [
  [5, 'build', build],
  [1, 'build that fails', buildFails],
  [2, 'silent deploy', deployWithoutMessage],
  [2, 'message', message],
  [1, 'hopeless message', hopelessMessage],
  [6, 'batch', batch],
  [1, 'old batch again', redeliver],
  [2, 'edit', edit],
  [1, 'publish', publish],
  [2, 'time', (world) => world.passTime()],
  [1, 'sweep', (world) => world.sweep().catch(() => {})],
];
const WEIGHTS = ACTS.flatMap(([weight, ...act]) => Array<typeof act>(weight).fill(act));

async function act(world: World, random: Random, history: History, ago: Message[][]): Promise<void> {
  const [name, work] = random.pick(WEIGHTS);
  history.steps.push(name);
  await work(world, random, history, ago);
}

const start = async (world: World, version: Known, user: string): Promise<void> => {
  const { projectId, versionId, prompt } = version;
  const { status } = await world.request('POST', POST, { projectId }, { versionId, userId: user, prompt });
  if (status < 300) version.started = true;
};

async function build(world: World, random: Random, history: History): Promise<void> {
  const version = random.pick(history.versions.filter(({ failed, deployed }) => !failed && !deployed));
  if (!version) return;
  await start(world, version, history.user);
  if (random.chance(0.35)) return;
  const recommendations = random.chance(0.3) ? document(version, random) : undefined;
  const report = { status: 'deployed', ...(recommendations ? { recommendations } : {}) };
  // A pipeline repeats what was not answered with a success.
  for (let attempt = 0; attempt < 3; attempt++) {
    const { status } = await world.request('PATCH', END, placeOf(version), report);
    if (status < 300) {
      version.deployed = true;
      version.documented ||= recommendations !== undefined;
      return;
    }
  }
}

async function buildFails(world: World, random: Random, history: History): Promise<void> {
  const version = random.pick(history.versions.filter(({ failed, deployed }) => !failed && !deployed));
  if (!version) return;
  await start(world, version, history.user);
  const { status, body } = await world.request('PATCH', END, placeOf(version), { status: 'failed' });
  if (status < 300 && body.status === 'failed') version.failed = true;
}

/** The process died between its commit and its message. */
async function deployWithoutMessage(world: World, random: Random, history: History): Promise<void> {
  const version = random.pick(history.versions.filter(({ failed, deployed }) => !failed && !deployed));
  if (!version) return;
  await start(world, version, history.user);
  const { rowCount } = await world.owner.query(
    `update project_versions set status = 'deployed', deployed_at = now() where version_id = $1 and status = 'building'`,
    [version.versionId],
  );
  if (rowCount === 1) version.deployed = true;
}

/** A pipeline's own message: a second one, or one before the version is there. */
async function message(world: World, random: Random, history: History): Promise<void> {
  const early = history.versions.filter(({ started, deployed }) => started && !deployed);
  const version = random.pick(early.length > 0 && random.chance(0.5) ? early : history.versions);
  const recommendations = random.chance(0.4) ? document(version, random) : undefined;
  await world.send(bodyOf(version, recommendations && { recommendations }));
  if (recommendations && version.deployed) version.documented = true;
}

async function hopelessMessage(world: World, random: Random, history: History): Promise<void> {
  const version = random.pick(history.versions.filter(({ deployed }) => deployed));
  const marked = { mark: history.hopeless.length + history.seed * 1_000 };
  const body = random.pick([
    `not JSON ${marked.mark}`,
    JSON.stringify({ type: 'make-coffee', ...marked }),
    ...(version ? wrongBodies(version, marked.mark, random) : []),
  ]);
  history.hopeless.push(body);
  await world.send(body);
}

/** About a version that is there, and wrong all the same. */
const wrongBodies = (version: Known, mark: number, random: Random): string[] => {
  const foreign = { ...version, projectId: `foreign-${mark}` };
  return [bodyOf(foreign), bodyOf(foreign, { recommendations: document(version, random) }), bodyOf(version, { mark })];
};

/** Work on what the queue has, in another order than it came, at times in two batches at once; and what became of the worker. */
async function batch(world: World, random: Random, history: History, ago: Message[][]): Promise<void> {
  const messages = random.shuffled(await world.receive());
  if (messages.length === 0) return;
  ago.push(messages);
  const half = random.chance(0.7) ? Math.ceil(messages.length / 2) : messages.length;
  // Delivered twice, at the same time: a standard queue may.
  const again = random.chance(0.2) ? messages.slice(0, 2) : [];
  await Promise.all([
    work(world, random, history, messages.slice(0, half)),
    work(world, random, history, [...messages.slice(half), ...again]),
  ]);
}

async function redeliver(world: World, random: Random, history: History, ago: Message[][]): Promise<void> {
  const messages = random.pick(ago);
  if (messages) await work(world, random, history, messages);
}

async function work(world: World, random: Random, history: History, messages: Message[]): Promise<void> {
  if (messages.length === 0) return;
  for (const { Body = '' } of messages)
    for (const version of history.versions) if (Body.includes(version.versionId)) version.deliveries++;
  const done = await world.generate(messages, INVOCATION_MS);
  await owe(world, history, done);
  // One that dies now has committed, and nobody hears of it.
  if (random.chance(0.15)) history.steps.push('died before the acknowledgement');
  else await world.acknowledge(done);
}

/** What is acknowledged has its metadata or says why not; else it must lie in the dead-letter queue. */
async function owe(world: World, { hopeless }: History, done: Message[]): Promise<void> {
  for (const { Body = '' } of done) {
    const [id] = /01J[0-9A-Z]{23}/.exec(Body) ?? [];
    const { rowCount } = await world.owner.query(
      `select 1 from project_versions where version_id = $1 and metadata_status in ('ready', 'failed')`,
      [id],
    );
    if (rowCount === 0 && !hopeless.includes(Body)) hopeless.push(Body);
  }
}

async function edit(world: World, random: Random, { versions, user, seed, steps }: History): Promise<void> {
  const version = random.pick(versions.filter(({ started }) => started));
  if (!version) return;
  const name = `By hand ${seed} ${steps.length}`;
  const wanted = { name, ...(random.chance(0.3) ? { type: 'minor' } : {}) };
  const { status } = await world.request('PATCH', `${OF_VERSION}/metadata`, placeOf(version), wanted, user);
  if (status < 300) version.edited.push(name);
  if (status >= 500) version.unsure = true;
}

async function publish(world: World, random: Random, { versions, user }: History): Promise<void> {
  const version = random.pick(versions.filter(({ deployed }) => deployed));
  if (version) await world.request('POST', `${OF_VERSION}/publish`, placeOf(version), {}, user);
}

/** Everything works again; time passes until nothing is left to do. */
async function settleDown(world: World, history: History): Promise<void> {
  world.database.dataApi.faults.clear();
  world.model.answers.clear();
  for (let round = 0; round < 40; round++) {
    await world.passTime();
    await world.sweep();
    let messages = await world.receive();
    const nothing = messages.length === 0;
    for (; messages.length > 0; messages = await world.receive()) {
      for (const { Body = '' } of messages)
        for (const version of history.versions) if (Body.includes(version.versionId)) version.deliveries++;
      const done = await world.generate(messages, INVOCATION_MS + 2_000);
      await owe(world, history, done);
      await world.acknowledge(done);
    }
    if (nothing && round > 0) return;
  }
  throw new Error('the queue is not worked off after 40 times ten minutes');
}

const placeOf = ({ projectId, versionId }: Known) => ({ projectId, versionId });

const bodyOf = ({ versionId, projectId }: Known, more: object = {}): string =>
  JSON.stringify({ type: 'generate-metadata', versionId, projectId, ...more });

const document = ({ prompt }: Known, random: Random) => ({
  schemaVersion: 1,
  recommendations: [],
  project_info: {
    ...{ type: 'shop', framework: 'react', version: random.pick(['1.4.0', 'latest', '2.0.0-rc.1']) },
    ...{ version_description: prompt, change_type: random.pick(['major', 'minor', 'patch']), breaking_risk: 'low' },
  },
});

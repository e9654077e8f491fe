import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FaultKind } from '../../../infra/local/data-api/faults.ts';
import type { LocalStack } from '../../../infra/local/stack.ts';
import { type AlarmOfTemplate, alarmsOf } from '../../support/cloudwatch/alarm.ts';
import { Drill } from '../../support/cloudwatch/drill.ts';
import type { Sample } from '../../support/cloudwatch/emf.ts';
import { play } from '../../support/cloudwatch/play.ts';
import { isPrinted } from '../../support/cloudwatch/printed.ts';
import { LONG } from '../../support/effort.ts';
import { startTestStack } from '../../support/local-stack.ts';
import type { Template } from '../../support/template.ts';

let stack: LocalStack;
let template: Template;
let drill: Drill;
let close: () => Promise<void>;
/** Those on metrics that our functions print. The others are on AWS's own. */
let alarms: AlarmOfTemplate[];
let healthy: Sample[];
const everRang = new Set<string>();

beforeAll(async () => {
  let logs: string;
  ({ stack, template, logs, close } = await startTestStack({
    modelId: 'amazon.nova-lite-v1:0',
    apiTimeoutSeconds: '3',
    metadataTimeoutSeconds: '15',
    maxReceiveCount: '3',
    sweepAfterSeconds: '60',
    integrityHours: '1',
  }));
  drill = await Drill.begin(stack, logs);
  alarms = alarmsOf(template, 'ProjectVersions').filter((alarm) => isPrinted(alarm, template));
  healthy = await drill.during(async () => {
    expect(await drill.deploy()).toBe(200);
    await drill.printed('MetadataApplied');
    expect(await drill.checkIntegrity()).toMatchObject({ ok: true });
    await aQuietMoment();
  });
});
afterAll(async () => {
  await drill?.end();
  await close?.();
});

/** What is always going on. */
async function aQuietMoment(): Promise<void> {
  expect(await drill.list(1)).toEqual([200]);
  expect(await drill.sweep()).toMatchObject({ ok: true });
}

interface Fault {
  /** Breaks something and lets users, the pipeline and the schedule meet it. What it prints it prints every five minutes, as long as it lasts. */
  meet: () => Promise<unknown>;
  /** Repairs it. */
  repair?: () => Promise<unknown>;
  /** Minutes: a quarter of an hour unless said otherwise. */
  lasts?: number;
}

/** People find the Data API so; the sweep comes a moment later and finds it well. */
const dataApi = (kind: FaultKind, more: { status?: number; delayMs?: number } = {}): Fault => ({
  meet: async () => {
    const { status = 503, ...fault } = more;
    stack.dataApi.faults.add({ kind, count: 1_000, ...fault });
    expect(new Set(await drill.list())).toEqual(new Set([status]));
    stack.dataApi.faults.clear();
    await drill.sweep();
  },
});

const model = (...answers: Parameters<LocalStack['model']['answers']['add']>): Fault => ({
  meet: async () => {
    for (const answer of answers) stack.model.answers.add({ count: 1_000, ...answer });
    await drill.describeTen();
    await drill.sweep();
  },
  repair: async () => stack.model.answers.clear(),
});

let ids: string[] = [];
const versions = (count: number, columns: Record<string, string>): Fault => ({
  meet: async () => {
    ids = await drill.waiting(count, columns);
    await drill.sweep();
  },
  repair: () => drill.forget(ids),
});

const ledger = (change: string, back: string, lasts?: number): Fault => ({
  meet: async () => {
    await drill.sql(change);
    await drill.continueMigrations();
    await drill.checkIntegrity();
    await drill.sweep();
  },
  repair: async () => {
    await drill.sql(back);
    expect(await drill.continueMigrations()).toMatchObject({ ok: true });
  },
  ...(lasts && { lasts }),
});

const NEWEST = 'select max(version_id) from project_versions';

const DATABASE = ['DatabaseFailedAlarm'];
const DEFECT = ['DatabaseFailedAlarm', 'DefectAlarm'];

/** Each kind of fault that the endpoint of the Data API knows, met by people who list their versions. */
const OF_THE_DATA_API: Record<FaultKind, [rings: string[], fault: Fault]> = {
  throttled: [DATABASE, dataApi('throttled')],
  'internal-error': [DATABASE, dataApi('internal-error')],
  'service-unavailable': [DATABASE, dataApi('service-unavailable')],
  unavailable: [DATABASE, dataApi('unavailable')],
  'unavailable-after': [DATABASE, dataApi('unavailable-after')],
  'dropped-before': [DATABASE, dataApi('dropped-before')],
  'dropped-after': [DATABASE, dataApi('dropped-after')],
  resuming: [DATABASE, dataApi('resuming')],
  slow: [DATABASE, dataApi('slow', { delayMs: 4_000 })],
  'timeout-continues': [DEFECT, dataApi('timeout-continues', { status: 500 })],
  oversize: [DEFECT, dataApi('oversize', { status: 500 })],
  // Of a transaction alone: who lists has none.
  'expired-transaction': [[], dataApi('expired-transaction', { status: 200 })],
};

const FAULTS: [what: string, rings: string[], fault: Fault][] = [
  ...Object.entries(OF_THE_DATA_API).map(([kind, [rings, fault]]): [string, string[], Fault] => [
    `the Data API, ${kind}`,
    rings,
    fault,
  ]),
  [
    'the database is away for everybody, the sweep too',
    ['DatabaseFailedAlarm', 'SweepSilentAlarm'],
    {
      meet: async () => {
        stack.dataApi.faults.add({ kind: 'unavailable', count: 1_000 });
        await drill.list();
        expect(await drill.sweep()).toMatchObject({ ok: false });
      },
      repair: async () => stack.dataApi.faults.clear(),
      lasts: 30,
    },
  ],
  ['nobody calls the sweep', ['SweepSilentAlarm'], { meet: () => drill.list(1), lasts: 30 }],
  [
    'ten messages come that can never succeed',
    ['MetadataDeadLetterInflowAlarm'],
    {
      meet: async () => {
        await drill.send(Array.from({ length: 10 }, (_, n) => `no JSON ${n}`));
        await drill.printed('MetadataDeadLettered', 10);
        await drill.sweep();
      },
    },
  ],
  [
    'the queue takes no message',
    ['QueueSendFailedAlarm'],
    {
      meet: async () => {
        await drill.takeUpTo(1_024);
        expect(await drill.deploy(Array(20).fill('Add a map that shows where every shop of the chain is'))).toBe(503);
        await drill.sweep();
      },
      repair: () => drill.takeUpTo(262_144),
    },
  ],
  [
    'a hundred versions wait, and stay a hundred',
    ['VersionsWithoutMetadataAlarm'],
    versions(100, { metadata_queued_at: `now() + interval '1 hour'` }),
  ],
  [
    'a version has waited for an hour',
    ['OldestVersionWithoutMetadataAlarm'],
    versions(1, {
      ...{ metadata_queued_at: `now() + interval '1 hour'`, metadata_requested_at: `now() - interval '1 hour'` },
    }),
  ],
  [
    'a version is given up',
    ['MetadataGivenUpAlarm'],
    versions(1, { metadata_queued_at: `now() - interval '1 hour'`, metadata_requeues: '5' }),
  ],
  ['the model is throttled', ['MetadataFallbackAlarm', 'ModelThrottledAlarm'], model({ error: 'ThrottlingException' })],
  ['the model refuses', ['MetadataFallbackAlarm'], model({ stopReason: 'content_filtered', text: '' })],
  ['the model talks of something else', ['MetadataFallbackAlarm'], model({ text: 'Once upon a time' })],
  [
    'nobody has enabled access to the model',
    ['MetadataFallbackAlarm', 'ModelFailedAlarm'],
    model({ error: 'AccessDeniedException' }),
  ],
  ['the model breaks the connection', ['MetadataFallbackAlarm', 'ModelFailedAlarm'], model({ reset: true })],
  // Twice the time that the function has for it.
  ...(LONG
    ? ([['the model hangs', ['MetadataFallbackAlarm', 'ModelFailedAlarm'], model({ hang: true })]] as [
        ...[string, string[], Fault],
      ][])
    : []),
  [
    'a released migration was edited, and a backfill stops at it',
    ['MigrationFailedAlarm'],
    ledger(
      `update project_versions_migrations set checksum = 'edited' || checksum where name like '001%'`,
      `update project_versions_migrations set checksum = replace(checksum, 'edited', '') where name like '001%'`,
    ),
  ],
  [
    'a backfill goes on for a day',
    ['BackfillUnfinishedAlarm'],
    ledger(
      `with back as (update project_versions_migrations set applied_at = null where name like '008%')
       update project_versions_migration_lease set holder = 'the backfill of ProjectVersions, message 1', expires_at = now() + interval '1 hour'`,
      `with done as (update project_versions_migrations set applied_at = now() where name like '008%')
       update project_versions_migration_lease set holder = null, expires_at = '-infinity'`,
      24 * 60,
    ),
  ],
  [
    'somebody gives a version to another user, past the API',
    ['IntegrityFindingsAlarm'],
    {
      meet: async () => {
        await drill.sql(`update project_versions set user_id = 'another ' || user_id where version_id = (${NEWEST})`);
        expect(await drill.checkIntegrity()).toMatchObject({ ok: true });
        await drill.sweep();
      },
      repair: async () => {
        await drill.sql(`update project_versions set user_id = replace(user_id, 'another ', '')`);
        expect(await drill.checkIntegrity()).toMatchObject({ ok: true });
      },
    },
  ],
  ['nobody checks the database', ['IntegrityUncheckedAlarm'], { meet: () => drill.sweep(), lasts: 5 * 60 }],
];

/** These ring for what happened once, because nothing mends it by itself, or because it is a share of an hour. */
const RING_AT_ONCE = [
  'IntegrityFindingsAlarm',
  'MetadataDeadLetterInflowAlarm',
  'MetadataFallbackAlarm',
  'MetadataGivenUpAlarm',
  'MigrationFailedAlarm',
];

describe('a drill', () => {
  test('begins with a stack in which nothing rings', () => {
    expect(play(alarms, [{ printed: healthy, minutes: 60 }]).ringing).toEqual([]);
  });

  test.each(FAULTS)('%s: rings %j, nothing else, and is quiet again after the repair', async (_, rings, fault) => {
    const broken = await drill.during(fault.meet);
    const repaired = await drill.during(async () => {
      await fault.repair?.();
      await aQuietMoment();
    });
    const before = { printed: healthy, minutes: 60 };
    const after = [
      { printed: repaired, minutes: 5 },
      { printed: healthy, minutes: 6 * 60 },
    ];
    const { lasts = 15 } = fault;

    const { rang, ringing } = play(alarms, [before, { printed: broken, minutes: lasts }, ...after]);
    expect([...new Set(rang.slice(1).flat())].sort()).toEqual(rings);
    expect(ringing, 'after the repair').toEqual([]);
    for (const id of rings) everRang.add(id);

    const blip = play(alarms, [before, { printed: broken, minutes: 5 }, ...after]);
    expect([...new Set(blip.rang.slice(1).flat())].sort(), 'when it was over at once').toEqual(
      rings.filter((id) => RING_AT_ONCE.includes(id)),
    );
  });

  test('has made every alarm ring that is on metrics our functions print', () => {
    expect([...everRang].sort()).toEqual(alarms.map(({ id }) => id).sort());
  });
});

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FaultKind } from '../../../infra/local/data-api/faults.ts';
import { type AlarmOfTemplate, alarmsOf } from '../../support/cloudwatch/alarm.ts';
import type { Sample } from '../../support/cloudwatch/emf.ts';
import { play } from '../../support/cloudwatch/play.ts';
import { isDrilled } from '../../support/cloudwatch/printed-metrics.ts';
import { Drill } from '../../support/drill/drill.ts';
import * as faults from '../../support/drill/faults.ts';
import { dataApi, type Fault, ledger, model } from '../../support/drill/faults.ts';
import { LONG } from '../../support/effort.ts';
import { startTestStack } from '../../support/local-stack.ts';
import { only, type Template, textOf } from '../../support/template.ts';

const DATABASE = ['DatabaseFailedAlarm'];
const DEFECT = ['DatabaseFailedAlarm', 'DefectAlarm'];

/** Each kind of fault that the endpoint of the Data API knows, met by people who list their versions; which alarms ring, and as what it is counted. */
const OF_THE_DATA_API: Record<FaultKind, [rings: string[], fault: Fault]> = {
  throttled: [DATABASE, dataApi('throttled', 'DatabaseThrottled')],
  'internal-error': [DATABASE, dataApi('internal-error', 'DatabaseUnavailable')],
  'service-unavailable': [DATABASE, dataApi('service-unavailable', 'DatabaseUnavailable')],
  unavailable: [DATABASE, dataApi('unavailable', 'DatabaseUnavailable')],
  'unavailable-after': [DATABASE, dataApi('unavailable-after', 'DatabaseUnavailable')],
  'dropped-before': [DATABASE, dataApi('dropped-before', 'DatabaseUnavailable')],
  'dropped-after': [DATABASE, dataApi('dropped-after', 'DatabaseUnavailable')],
  resuming: [DATABASE, dataApi('resuming', 'DatabaseResuming')],
  slow: [DATABASE, dataApi('slow', 'DatabaseTimedOut', { delayMs: 4_000 })],
  'timeout-continues': [DEFECT, dataApi('timeout-continues', 'DatabaseTimedOut', { status: 500 })],
  oversize: [DEFECT, dataApi('oversize', 'DatabaseRefused', { status: 500 })],
  // Of a transaction alone: who lists has none.
  'expired-transaction': [[], dataApi('expired-transaction', undefined, { status: 200 })],
};

const LATER = `now() + interval '1 hour'`;
const EARLIER = `now() - interval '1 hour'`;

const FAULTS: [what: string, rings: string[], fault: Fault][] = [
  ...Object.entries(OF_THE_DATA_API).map(([kind, of]): [string, string[], Fault] => [`the Data API, ${kind}`, ...of]),
  ['the database is away for everybody', ['DatabaseFailedAlarm', 'SweepSilentAlarm'], faults.noDatabase],
  ['a password is changed by hand', DATABASE, faults.passwordChanged('project_versions_api_projectversions')],
  ['nobody calls the sweep', ['SweepSilentAlarm'], { meet: (drill) => drill.list(1), lasts: 30 }],
  ['a message that can never succeed', ['MetadataDeadLetterAlarm'], faults.nonsense(1)],
  ['ten of them', ['MetadataDeadLetterAlarm', 'MetadataDeadLetterInflowAlarm'], faults.nonsense(10)],
  ['a message that ends its function each time, and is moved by SQS', ['MigrationsDeadLetterAlarm'], faults.deadly],
  ['the queue takes no message', ['QueueSendFailedAlarm'], faults.fullQueue],
  [
    'a hundred versions wait, and stay a hundred',
    ['VersionsWithoutMetadataAlarm'],
    faults.waiting(100, { metadata_queued_at: LATER }),
  ],
  [
    'a version has waited for an hour',
    ['OldestVersionWithoutMetadataAlarm'],
    faults.waiting(1, { metadata_queued_at: LATER, metadata_requested_at: EARLIER }),
  ],
  [
    'a version is given up',
    ['MetadataGivenUpAlarm'],
    faults.waiting(1, { metadata_queued_at: EARLIER, metadata_requeues: '5' }),
  ],
  ['the model, throttled', ['MetadataFallbackAlarm', 'ModelThrottledAlarm'], model({ error: 'ThrottlingException' })],
  ['the model refuses', ['MetadataFallbackAlarm'], model({ stopReason: 'content_filtered', text: '' })],
  ['the model talks of something else', ['MetadataFallbackAlarm'], model({ text: 'Once upon a time' })],
  [
    'nobody has enabled access to the model',
    ['MetadataFallbackAlarm', 'ModelFailedAlarm'],
    model({ error: 'AccessDeniedException' }),
  ],
  ['the model breaks the connection', ['MetadataFallbackAlarm', 'ModelFailedAlarm'], model({ reset: true })],
  [
    'a released migration was edited, and a backfill stops at it',
    ['MigrationFailedAlarm'],
    ledger(
      `update version_history.migrations set checksum = 'edited' || checksum where name like '001%'`,
      `update version_history.migrations set checksum = replace(checksum, 'edited', '') where name like '001%'`,
    ),
  ],
  [
    // Of a new database no migration is a backfill: one that the deployment waits for stands for it. Until it ends, nobody checks the schema.
    'a backfill goes on for a day',
    ['BackfillUnfinishedAlarm', 'IntegrityUncheckedAlarm'],
    ledger(
      `with back as (update version_history.migrations set applied_at = null, step_rows = 10, step_total = 100,
                         step_started_at = ${EARLIER} where name like '008%')
       update version_history.migration_lease set holder = 'the backfill of ProjectVersions, message 1', expires_at = ${LATER}`,
      `with done as (update version_history.migrations set applied_at = now() where name like '008%')
       update version_history.migration_lease set holder = null, expires_at = '-infinity'`,
      24 * 60,
    ),
  ],
  ['a version is another user’s, past the API', ['IntegrityFindingsAlarm'], faults.stolenVersion],
  ['nobody checks the database', ['IntegrityUncheckedAlarm'], { meet: (drill) => drill.sweep(), lasts: 5 * 60 }],
];
// Twice the time that the function has for it.
if (LONG) FAULTS.push(['the model hangs', ['MetadataFallbackAlarm', 'ModelFailedAlarm'], model({ hang: true })]);

/** These ring for what happened once, because nothing mends it by itself, or because it is a share of an hour. */
const RING_AT_ONCE = [
  'IntegrityFindingsAlarm',
  'MetadataDeadLetterAlarm',
  'MetadataDeadLetterInflowAlarm',
  'MetadataFallbackAlarm',
  'MetadataGivenUpAlarm',
  'MigrationFailedAlarm',
  'MigrationsDeadLetterAlarm',
];

/** On the dashboard, and met by none of these faults; each is printed in a test of its own. */
const NOT_MET = ['DatabaseContended', 'GeneratedByDocument', 'MetadataOverridden', 'MetadataRepeated'];

let template: Template;
let drill: Drill;
let close: () => Promise<void>;
/** Those on metrics that our functions print or the queue tells; the others are on AWS's own: test/infra/alarm-definitions.test.ts. */
let alarms: AlarmOfTemplate[];
let healthy: Sample[];
const everRang = new Set<string>();
const everPrinted = new Set<string>();

beforeAll(async () => {
  const started = await startTestStack({
    modelId: 'amazon.nova-lite-v1:0',
    apiTimeoutSeconds: '3',
    metadataTimeoutSeconds: '15',
    maxReceiveCount: '3',
    sweepAfterSeconds: '60',
    integrityHours: '1',
  });
  ({ template, close } = started);
  drill = await Drill.begin(started.stack, started.logs);
  alarms = alarmsOf(template, 'ProjectVersions').filter((alarm) => isDrilled(alarm, template));
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

const sorted = (ids: Iterable<string>): string[] => [...new Set(ids)].sort();

describe('a drill', () => {
  test('begins with a stack in which nothing rings', () => {
    expect(play(alarms, [{ printed: healthy, minutes: 60 }]).ringing).toEqual([]);
  });

  test.each(FAULTS)('%s: rings %j, nothing else, and is quiet again after the repair', async (_, rings, fault) => {
    let broken: Sample[];
    let repaired: Sample[];
    try {
      broken = await drill.during(() => fault.meet(drill));
    } finally {
      // Also of what could not be met: the next one finds a stack that is well.
      repaired = await drill.during(async () => {
        await fault.repair?.(drill);
        await aQuietMoment();
      });
    }
    for (const { name } of [...healthy, ...broken, ...repaired]) everPrinted.add(name);
    const before = { printed: healthy, minutes: 60 };
    const after = [
      { printed: repaired, minutes: 5 },
      { printed: healthy, minutes: 6 * 60 },
    ];

    const lasting = play(alarms, [before, { printed: broken, minutes: fault.lasts ?? 15 }, ...after]);
    expect(sorted(lasting.rang.slice(1).flat())).toEqual(rings);
    expect(lasting.ringing, 'after the repair').toEqual([]);
    for (const id of rings) everRang.add(id);

    const blip = play(alarms, [before, { printed: broken, minutes: 5 }, ...after]);
    expect(sorted(blip.rang.slice(1).flat()), 'when it was over at once').toEqual(
      rings.filter((id) => RING_AT_ONCE.includes(id)),
    );
  });

  test('has made every alarm ring that can be made to ring here', () => {
    expect(sorted(everRang)).toEqual(sorted(alarms.map(({ id }) => id)));
  });

  test('has printed what the dashboard shows', () => {
    const body = textOf(only(template, 'AWS::CloudWatch::Dashboard').Properties.DashboardBody);
    const shown = [...body.matchAll(/\["project-versions","(\w+)"/g)].map(([, name]) => name as string);
    // Of the API's log, which is AWS's.
    const missing = shown.filter((name) => !everPrinted.has(name) && name !== 'RequestsThrottled');
    expect(sorted(missing)).toEqual(NOT_MET);
  });
});

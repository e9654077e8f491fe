import { describe, expect, test } from 'vitest';
import { mentions, readEntry } from '../../../infra/cli/log-entry.ts';
import { showEntry } from '../../../infra/cli/show-entry.ts';

const AT = Date.parse('2026-01-31T12:00:00.123Z');
const read = (text: string) => readEntry({ id: '1', at: AT, function: 'GenerateMetadata', text });
const shown = (text: string) => {
  const entry = read(text);
  return entry && showEntry(entry);
};

describe('a line of a log', () => {
  test('is shown with its level, function, message and ids, and without what every line has', () => {
    const text = JSON.stringify({
      ...{
        level: 'WARN',
        message: 'a version waits',
        timestamp: '2026-01-31T12:00:00.123Z',
        service: 'project-versions',
      },
      ...{ cold_start: true, function_name: 'x', function_arn: 'y', xray_trace_id: 'z', sampling_rate: 0 },
      ...{ versionId: '01J0', reason: 'not yet "there"', count: 3 },
    });
    expect(shown(text)).toBe(
      '2026-01-31 12:00:00.123 WARN   GenerateMetadata   a version waits versionId=01J0 reason="not yet \\"there\\"" count=3',
    );
  });

  test('with an error shows its name and words, not its stack', () => {
    const error = { name: 'DatabaseUnavailable', message: 'away', stack: 'at x', location: 'y' };
    expect(shown(JSON.stringify({ level: 'ERROR', message: 'failed', error }))).toMatch(
      /ERROR .* failed error="DatabaseUnavailable: away"$/,
    );
  });

  test('in the embedded metric format is a metric', () => {
    expect(read('{"_aws":{"Timestamp":1},"service":"s","stack":"S","IntegrityFindings":0}')).toMatchObject({
      level: 'METRIC',
      fields: { stack: 'S', IntegrityFindings: 0 },
    });
  });

  test.each([
    ['START RequestId: 1 Version: $LATEST', undefined],
    ['END RequestId: 1', undefined],
    ['REPORT RequestId: 1\tDuration: 1 ms', undefined],
    ['REPORT RequestId: 1\tDuration: 1 ms\tStatus: timeout\tError Type: Runtime.ExitError', 'ERROR'],
    ['2026-01-31T12:00:00Z 1 Task timed out after 2.00 seconds', 'ERROR'],
    ['PROBLEM: schedule Sweep: denied', 'ERROR'],
    ['hello', 'INFO'],
    ['{"half', 'INFO'],
  ])('of Lambda itself, %s, is %s', (text, level) => {
    expect(read(text)?.level).toBe(level);
  });

  test.each([
    ['{"versionId":"01J0"}', '01J0', true],
    ['{"versionId":"01J01"}', '01J0', false],
    ['{"a":"shop-1","b":"shop"}', 'shop', true],
    ['{"a":"shop-1"}', 'shop', false],
  ])('%s speaks of %s: %s', (text, id, so) => {
    expect(mentions(text, id)).toBe(so);
  });
});

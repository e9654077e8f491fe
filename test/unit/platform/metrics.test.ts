import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { measure } from '../../../functions/platform/metrics.ts';
import { readEmf } from '../../support/cloudwatch/emf.ts';

let written: string;
beforeEach(() => {
  written = '';
  vi.stubEnv('POWERTOOLS_SERVICE_NAME', 'project-versions');
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written += text;
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

it('a metric is a line of the log that CloudWatch understands, of the service and the stack', () => {
  vi.stubEnv('STACK_NAME', 'Shop');
  measure(['MetadataGivenUp', 2], ['MetadataLatency', [10, 20], 'Milliseconds']);
  const of = { namespace: 'project-versions', dimensions: { service: 'project-versions', stack: 'Shop' } };
  expect(written).toMatch(/^[^\n]+\n$/);
  expect(readEmf(written)).toMatchObject([
    { ...of, name: 'MetadataGivenUp', unit: 'Count', value: 2 },
    { ...of, name: 'MetadataLatency', unit: 'Milliseconds', value: 10 },
    { ...of, name: 'MetadataLatency', unit: 'Milliseconds', value: 20 },
  ]);
});

it('one value is a plain number, so that whoever reads the log sees MetadataGivenUp: 2', () => {
  vi.stubEnv('STACK_NAME', 'Shop');
  measure(['MetadataGivenUp', [2]]);
  expect(JSON.parse(written).MetadataGivenUp).toBe(2);
});

it('nothing measured, and a command outside of a stack, print nothing', () => {
  measure(['MetadataGivenUp', 1]);
  vi.stubEnv('STACK_NAME', 'Shop');
  measure();
  expect(written).toBe('');
});

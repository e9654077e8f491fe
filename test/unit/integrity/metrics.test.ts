import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Findings } from '../../../functions/integrity/finding.ts';
import { measureIntegrity } from '../../../functions/integrity/metrics.ts';
import { readEmf } from '../../support/cloudwatch/emf.ts';

let written: string;
beforeEach(() => {
  written = '';
  vi.stubEnv('POWERTOOLS_SERVICE_NAME', 'project-versions');
  vi.stubEnv('STACK_NAME', 'Shop');
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written += text;
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const measured = (notLookedAt: string[], found: number): Record<string, number> => {
  const findings = new Findings();
  findings.add('schema', [], found);
  measureIntegrity({ findings, state: 'backfill', versions: 7, notLookedAt });
  return Object.fromEntries(readEmf(written).map(({ name, value }) => [name, value]));
};

it('a check of everything says how much was found, nothing included', () => {
  expect(measured([], 0)).toMatchObject({ IntegrityFindings: 0, IntegritySchema: 0, IntegrityUnfinished: 0 });
});

it('one of less says what it found, and ends no alarm with what it did not look at', () => {
  expect(measured(['the schema'], 2)).toMatchObject({ IntegrityFindings: 2, IntegritySchema: 2 });
  written = '';
  expect(measured(['anything'], 0)).toEqual({ IntegrityUnfinished: 1, IntegrityVersions: 7 });
});

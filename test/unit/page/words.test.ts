import { describe, expect, it } from 'vitest';
import { Refused } from '../../../functions/page/refused.ts';
import { called, counted, failureWords, REASONS } from '../../../functions/page/words.ts';
import openapi from '../../../infra/openapi/openapi.json' with { type: 'json' };

describe('a button that is off', () => {
  it('says why, whatever reason the API gives', () => {
    const { properties } = openapi.components.schemas.Version.properties.reasons;
    const codes = Object.values(properties as Record<string, { enum?: string[]; const?: string }>).flatMap((reason) => [
      ...(reason.enum ?? []),
      ...(reason.const ? [reason.const] : []),
    ]);
    expect(Object.keys(REASONS).sort()).toEqual([...new Set(codes)].sort());
    for (const words of Object.values(REASONS)) expect(words).toMatch(/^[A-Z].*\.$/);
  });
});

describe('a request that was refused', () => {
  it.each([
    [new Refused(0, ''), 'Could not reach the server. Check your connection.'],
    [new Refused(409, 'Detail', 'deleted'), 'It has been deleted meanwhile.'],
    [new Refused(409, 'In the API’s own words.', 'new_reason'), 'In the API’s own words.'],
    [new Refused(503, ''), 'The service cannot answer now.'],
    [new Refused(400, 'name must be text'), 'name must be text'],
    [new Refused(400, ''), 'The service did not understand that.'],
  ])('%j is put into words', (refused, words) => {
    expect(failureWords(refused)).toBe(words);
  });

  it('may be sent again when it was not the request that was wrong', () => {
    const passing = [0, 400, 401, 404, 409, 422, 429, 500, 503].filter((status) => new Refused(status, '').passes);
    expect(passing).toEqual([0, 429, 500, 503]);
  });
});

it('a version is called by its number, else by its name', () => {
  expect(called({ semver: '1.2.0', name: 'Search' })).toBe('version 1.2.0');
  expect(called({ semver: null, name: 'Search' })).toBe('“Search”');
  expect(called({ semver: null, name: null })).toBe('the version without a number');
});

it('one is one, and others are many', () => {
  expect([0, 1, 1_200].map((count) => counted(count, 'version'))).toEqual([
    '0 versions',
    '1 version',
    '1,200 versions',
  ]);
});

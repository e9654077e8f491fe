import fc from 'fast-check';
import semver from 'semver';
import { describe, expect, test } from 'vitest';
import { formatSemVer, parseSemVer } from '../../../functions/versions/semver.ts';
import { runs } from '../../support/effort.ts';

describe('parseSemVer', () => {
  test.each([
    ['0.3.2', { major: 0, minor: 3, patch: 2, prerelease: null }],
    ['1.2.0-rc.1', { major: 1, minor: 2, patch: 0, prerelease: 'rc.1' }],
    ['1.2.3+build.5', { major: 1, minor: 2, patch: 3, prerelease: null }],
    ['2147483647.0.0', { major: 2147483647, minor: 0, patch: 0, prerelease: null }],
  ])('reads %s', (text, expected) => {
    expect(parseSemVer(text)).toEqual(expected);
  });

  test.each([
    'v1.2.3',
    '1.2',
    '1e3.0.0',
    '99999999999.0.0',
    '2147483648.0.0',
    '01.0.0',
    '1.0.0-01',
    '1.0.0-',
    ' 1.0.0',
    '1.0.0\n',
    '1.0.0-a..b',
    '',
    `1.0.0-${'a'.repeat(51)}`,
  ])('refuses %j', (text) => {
    expect(parseSemVer(text)).toBeNull();
  });

  test('agrees with the semver package on what is a version', () => {
    const part = fc.oneof(fc.nat(20).map(String), fc.constantFrom('01', 'rc', 'rc1', '-', 'é', '', 'x-1'));
    const text = fc
      .tuple(part, part, part, fc.option(fc.array(part, { minLength: 1, maxLength: 3 })))
      .map(([a, b, c, tag]) => `${a}.${b}.${c}${tag ? `-${tag.join('.')}` : ''}`);
    fc.assert(
      fc.property(text, (version) => {
        const expected = semver.parse(version);
        const actual = parseSemVer(version);
        expect(actual && formatSemVer(actual)).toBe(expected && expected.raw === version ? expected.version : null);
      }),
      runs(2_000),
    );
  });
});

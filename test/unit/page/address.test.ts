import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Address,
  NO_FILTERS,
  PUBLICATIONS,
  readAddress,
  STATUSES,
  TYPES,
  writeAddress,
} from '../../../functions/page/address.ts';
import { runs } from '../../support/effort.ts';

const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
const address: fc.Arbitrary<Address> = fc.record({
  project: fc.option(name),
  filters: fc.record({
    publication: fc.constantFrom(...PUBLICATIONS),
    type: fc.option(fc.constantFrom(...TYPES)),
    status: fc.option(fc.constantFrom(...STATUSES)),
    text: fc.string({ unit: 'grapheme', maxLength: 40 }),
    checkpoints: fc.boolean(),
    deleted: fc.boolean(),
  }),
  compare: fc.option(
    fc.uniqueArray(name, { minLength: 2, maxLength: 2 }).map(([one = '', other = '']) => [one, other] as const),
  ),
});

describe('an address', () => {
  it('is read back as it was written', () => {
    fc.assert(
      fc.property(address, (given) => {
        expect(readAddress(writeAddress(given))).toEqual(given);
      }),
      runs(300),
    );
  });

  it('that says nothing asks for nothing, and is written as nothing', () => {
    const nothing = { project: null, filters: NO_FILTERS, compare: null };
    expect(readAddress('')).toEqual(nothing);
    expect(writeAddress(nothing)).toBe('');
  });

  it('of any kind is read, and what is not understood counts as not said', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii', maxLength: 60 }), (search) => {
        const read = readAddress(search);
        expect(readAddress(writeAddress(read))).toEqual(read);
      }),
      runs(300),
    );
    expect(readAddress('?project=shop&type=huge&publication=maybe&compare=a&compare=a')).toEqual({
      project: 'shop',
      filters: NO_FILTERS,
      compare: null,
    });
  });

  it('never says what an issuer says when it leads back', () => {
    fc.assert(
      fc.property(address, (given) => {
        const query = new URLSearchParams(writeAddress(given));
        for (const word of ['code', 'state', 'error', 'iss']) expect(query.has(word)).toBe(false);
      }),
      runs(50),
    );
  });
});

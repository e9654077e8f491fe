import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { expect, test } from 'vitest';
import { scramVerifier } from '../../../functions/secrets/scram.ts';

// The exchange of RFC 7677, section 3: user "user", password "pencil".
const salt = 'W22ZaJ0SNY7soEsUEjb6gQ==';
const authMessage =
  'n=user,r=rOprNGfwEbeRWgbNEkqO,' +
  `r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=${salt},i=4096,` +
  'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0';
const [clientProof, serverSignature] = [
  'dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
  '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
];

test('a verifier proves both sides of the exchange of RFC 7677', async () => {
  const verifier = await scramVerifier('pencil', Buffer.from(salt, 'base64'));
  const [, iterations, usedSalt, stored = '', server = ''] =
    /^SCRAM-SHA-256\$(\d+):([^$]+)\$([^:]+):(.+)$/.exec(verifier) ?? [];
  expect([iterations, usedSalt]).toEqual(['4096', salt]);
  expect(hmac(Buffer.from(server, 'base64'), authMessage).toString('base64')).toBe(serverSignature);
  // The client's proof is its key xor a signature made with the stored key, which is the key's hash.
  const signature = hmac(Buffer.from(stored, 'base64'), authMessage);
  const clientKey = Buffer.from(clientProof, 'base64').map((byte, index) => byte ^ (signature[index] ?? 0));
  expect(createHash('sha256').update(clientKey).digest('base64')).toBe(stored);
  const salted = pbkdf2Sync('pencil', Buffer.from(salt, 'base64'), 4096, 32, 'sha256');
  expect(Buffer.from(clientKey).equals(hmac(salted, 'Client Key'))).toBe(true);
});

test('the same password has another verifier each time', async () => {
  expect(await scramVerifier('pencil')).not.toBe(await scramVerifier('pencil'));
});

test.each(['', 'pässword', 'new\nline'])('%j is refused: it would have to be normalized first', async (password) => {
  await expect(scramVerifier(password)).rejects.toThrow('printable ASCII');
});

function hmac(key: Uint8Array, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

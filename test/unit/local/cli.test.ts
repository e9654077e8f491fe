import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseDataDir, parseStart, parseToken } from '../../../infra/local/cli.ts';

describe('npm start', () => {
  it('has defaults', () => {
    expect(parseStart([])).toEqual({
      port: 4600,
      dataDir: resolve(import.meta.dirname, '../../../.local'),
      sample: true,
      quiet: false,
      watch: false,
      help: false,
      data: expect.any(String),
    });
  });

  it('takes its options', () => {
    expect(parseStart(['--port', '9000', '--data', 'x', '--no-sample', '--quiet', '--watch'])).toMatchObject({
      port: 9000,
      dataDir: resolve('x'),
      sample: false,
      quiet: true,
      watch: true,
    });
  });

  it.each([
    [['--prot', '1'], /'--prot'.*Known are --port, --data, --sample, --quiet, --watch, --model, --help/],
    [['--port', 'http'], /--port: got "http", allowed is a number from 0 to 65529/],
    [['--port', '70000'], /--port: got "70000"/],
    [['--port'], /--port/],
    [['here'], /here/],
  ])('refuses %j', (args, message) => {
    expect(() => parseStart(args)).toThrow(message);
  });
});

it('the other commands take the data folder, and the token its user', () => {
  expect(parseDataDir(['--data', '/d'])).toBe('/d');
  expect(parseToken(['--user', 'ada'])).toMatchObject({ user: 'ada' });
  expect(parseToken([])).toMatchObject({ user: 'local-user' });
  expect(() => parseDataDir(['--user', 'ada'])).toThrow("Unknown option '--user'");
});

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../..');

it.each([
  ['infra/cli/queue.ts', 'got "metadata", allowed are options alone: see --help'],
  ['test/bench/load/main.ts', "Unexpected argument 'metadata'. Known are --duration, --connections, --json, --help"],
])('%s does not begin when it is told a word it does not know', async (command, stderr) => {
  const told = promisify(execFile)(process.execPath, [join(root, command), 'metadata']);
  await expect(told).rejects.toMatchObject({ code: 2, stdout: '', stderr: `${stderr}\n` });
});

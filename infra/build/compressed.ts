import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';

/** Writes a text as `<file>.gz`, the same bytes on every machine. */
export async function writeCompressed(file: string, text: string): Promise<void> {
  const compressed = await promisify(gzip)(text, { level: constants.Z_BEST_COMPRESSION });
  // The operating system that compressed it; unknown, so that the bytes are the same on all.
  compressed[9] = 255;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.gz`, compressed);
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The licence texts of packages that a page hands on to browsers, as a comment of its document: their licences ask that they go with every copy.
 *
 * @param files of each package, its licence and what it names beside that
 */
export async function notices(packages: Record<string, string[]>): Promise<string> {
  const texts = await Promise.all(
    Object.entries(packages).map(async ([name, files]) => {
      const folder = join(import.meta.dirname, '../../node_modules', name);
      const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string };
      const parts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
      return [`${name} ${version}`, ...parts.map((part) => part.trim())].join('\n\n');
    }),
  );
  // Two hyphens could end the comment.
  return `<!--\n${texts.join('\n\n').replaceAll(/-{2,}/g, '-')}\n-->`;
}

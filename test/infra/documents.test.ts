import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { context } from '../../infra/context.ts';

const root = join(import.meta.dirname, '../..');
const documents = [
  'README.md',
  '.github/CONTRIBUTING.md',
  ...globSync('{functions,infra,migrations,test}/**/*.md', { cwd: root }),
].filter((path) => !path.includes('node_modules'));
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');

/** The anchor GitHub gives a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
const anchorsOf = (path: string): string[] =>
  [...textOf(path).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading));

describe.each(documents)('%s', (path) => {
  const text = textOf(path);

  it('links to what is there', () => {
    const links = [...text.matchAll(/\]\(([^)\s]+)\)|(?:src|srcset)="([^"]+)"/g)].map(
      ([, link, image]) => link ?? image ?? '',
    );
    for (const link of links.filter((each) => !/^https?:/.test(each))) {
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? path : join(dirname(path), file);
      expect([link, existsSync(join(root, target))]).toEqual([link, true]);
      if (anchor) expect(anchorsOf(target), link).toContain(anchor);
    }
  });

  it('runs scripts that there are', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
    const named = [...text.matchAll(/\bnpm run (?:-s )?([a-z][a-z:-]*)/g)].map(([, name = '']) => name);
    for (const name of named) expect(Object.keys(scripts)).toContain(name);
  });
});

it('the README is read in ten minutes', () => {
  const lines = textOf('README.md').split('\n');
  expect(lines.length).toBeLessThanOrEqual(200);
  expect(Buffer.byteLength(textOf('README.md'))).toBeLessThanOrEqual(12_288);
  const long = lines.filter((line) => line.length > 120 && !line.startsWith('|'));
  expect(long).toEqual([]);
});

it('infra/README.md has a line for each context key', () => {
  const text = textOf('infra/README.md');
  for (const key of Object.keys(context.shape)) expect(text, key).toContain(`\`${key}\``);
});

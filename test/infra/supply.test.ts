import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { pageDocument } from '../../infra/build/page-document.ts';
import { referencePage } from '../../infra/openapi/reference-page.ts';

const root = join(import.meta.dirname, '../..');

interface Package {
  integrity?: string;
  inBundle?: boolean;
}

/** npm checks what it downloads by this; a package inside another's archive is checked with that. */
it('every package of the lock file has its hash, or lies in the archive of one that has', async () => {
  const { packages } = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Package>;
  };
  const unchecked = Object.entries(packages).filter(([path, { integrity }]) => path !== '' && !integrity);
  expect(unchecked.length).toBeGreaterThan(0);
  for (const [path, { inBundle }] of unchecked) {
    expect([path, inBundle]).toEqual([path, true]);
    const parents = Object.keys(packages).filter((other) => path.startsWith(`${other}/node_modules/`) && other !== '');
    expect([path, parents.some((parent) => packages[parent]?.integrity)]).toEqual([path, true]);
  }
});

it('browsers get the licences of what they get', async () => {
  const { metafile } = await build({
    ...{ absWorkingDir: root, entryPoints: ['functions/page/main.tsx'], write: false, outdir: 'out', metafile: true },
    ...{ bundle: true, format: 'esm', jsx: 'automatic', jsxImportSource: 'preact', logLevel: 'silent' },
  });
  const packages = new Set(
    Object.keys(metafile.inputs).flatMap((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []),
  );
  expect(packages.size).toBeGreaterThan(0);
  const comment = /<!--[\s\S]*?-->/;
  const [forPage = ''] = comment.exec((await pageDocument()).html) ?? [];
  for (const name of packages) {
    const licence = await readFile(join(root, 'node_modules', name, 'LICENSE'), 'utf8');
    expect(forPage).toMatch(new RegExp(`^${name} \\d+\\.\\d+`, 'm'));
    expect(forPage.includes(licence.trim().replaceAll(/-{2,}/g, '-'))).toBe(true);
  }

  const [forReference = ''] = comment.exec(await referencePage()) ?? [];
  expect(forReference).toMatch(/^swagger-ui-dist \d+\.\d+/m);
  expect(forReference).toContain('Apache License');
  expect(forReference).toContain('DOMPurify');
});

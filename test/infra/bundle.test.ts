import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { bundleFunctions, type FunctionName, howToBundle } from '../../infra/build/bundle.ts';
import { inTemporaryDirectory } from '../support/template.ts';

// Measured, in KB: list-versions 258 (SDK and Smithy 180, zod 29, logger 21, ours 17), record-version 300, generate-metadata 365 (the client of
// Bedrock 55); without the migrations themselves, which are 138, apply-migrations 330 (the client of Secrets Manager 34, of SQS 41).
const largest = 400_000;
/** What answers users is held to less: each KB of it is compiled at a start. */
const largestOfUsers = 280_000;

const ofUsers: FunctionName[] = ['list-versions', 'read-version', 'change-version'];

describe('bundles', () => {
  it('are small: no locales of zod, no second SDK, no credentials but those of the environment', () =>
    inTemporaryDirectory(async (outdir) => {
      const bundles = await bundleFunctions({ outdir, migrations: [] });
      for (const [name, directory] of Object.entries(bundles)) {
        const limit = ofUsers.includes(name as FunctionName) ? largestOfUsers : largest;
        expect((await stat(join(directory, 'index.mjs'))).size, directory).toBeLessThan(limit);
      }
    }));

  it.each(ofUsers)('%s loads at its start what it answers with, and not what it logs with', async (name) => {
    const loaded = await loadedAtStart(`functions/${name}.ts`);
    expect(loaded).toContain('functions/platform/http.ts');
    expect(loaded.filter((path) => /powertools|zod\/v4\/(classic|locales\/(?!en\.js))|bowser/.test(path))).toEqual([]);
  });

  it('are the same bytes wherever they are written, so that an unchanged function is not deployed again', () =>
    inTemporaryDirectory(async (directory) => {
      const read = async (outdir: string) => {
        const { 'list-versions': bundle } = await bundleFunctions({ outdir, functions: ['list-versions'] });
        return Promise.all(['index.mjs', 'index.mjs.map'].map((file) => readFile(join(bundle, file), 'utf8')));
      };
      expect(await read(join(directory, 'a'))).toEqual(await read(join(directory, 'deeply', 'nested', 'b')));
    }));
});

/** The sources that are evaluated when a bundle is imported: split, whatever is not imported until somebody asks for it lies in another file. */
async function loadedAtStart(entry: string): Promise<string[]> {
  const split = { splitting: true, outdir: 'cdk.out', write: false, metafile: true } as const;
  const { metafile } = await build({ ...howToBundle, ...split, entryPoints: [entry] });
  const first = Object.keys(metafile.outputs).find((path) => metafile.outputs[path]?.entryPoint === entry);
  return [...staticallyImported(metafile, first ?? '')].flatMap((path) =>
    Object.keys(metafile.outputs[path]?.inputs ?? {}),
  );
}

function staticallyImported({ outputs }: Metafile, path: string, seen = new Set<string>()): Set<string> {
  if (seen.has(path)) return seen;
  seen.add(path);
  for (const { path: next, kind } of outputs[path]?.imports ?? [])
    if (kind === 'import-statement') staticallyImported({ outputs } as Metafile, next, seen);
  return seen;
}

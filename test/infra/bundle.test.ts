import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bundleFunctions } from '../../infra/bundle.ts';
import { inTemporaryDirectory } from '../support/template.ts';

// Measured, in KB: list-versions 438 (SDK and Smithy 280, zod 90, logger 20, ours 11), record-version 480, generate-metadata 542 (the client of
// Bedrock 55, which takes 25 ms to load); without the migrations themselves, which are 138, apply-migrations 502 (the client of Secrets Manager 34, of SQS
// 41) and continue-migrations 471. The locales of zod alone would be 350 more.
const largest = 580_000;

describe('bundles', () => {
  it('are small: no locales of zod, no second SDK', () =>
    inTemporaryDirectory(async (outdir) => {
      const bundles = await bundleFunctions({ outdir, migrations: [] });
      for (const directory of Object.values(bundles)) {
        expect((await stat(join(directory, 'index.mjs'))).size, directory).toBeLessThan(largest);
      }
    }));

  it('are the same bytes wherever they are written, so that an unchanged function is not deployed again', () =>
    inTemporaryDirectory(async (directory) => {
      const read = async (outdir: string) => {
        const { 'list-versions': bundle } = await bundleFunctions({ outdir, functions: ['list-versions'] });
        return Promise.all(['index.mjs', 'index.mjs.map'].map((file) => readFile(join(bundle, file), 'utf8')));
      };
      expect(await read(join(directory, 'a'))).toEqual(await read(join(directory, 'deeply', 'nested', 'b')));
    }));
});

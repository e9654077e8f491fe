import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { functionNames } from '../../infra/build/bundle.ts';
import { inTemporaryDirectory, withPage } from '../support/template.ts';

const infra = join(import.meta.dirname, '../../infra');

/** Runs Node as the CDK CLI does and gives how it ended. */
async function node(args: string[], env: Record<string, string> = {}) {
  try {
    return { code: 0, ...(await promisify(execFile)(process.execPath, args, { env: { ...process.env, ...env } })) };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

describe('infra/app.ts', () => {
  it('writes the assembly, with one asset a function, to the directory that CDK names', () =>
    inTemporaryDirectory(async (directory) => {
      const outdir = join(directory, 'cdk.out');
      const { code, stderr } = await node([join(infra, 'app.ts')], {
        CDK_OUTDIR: outdir,
        CDK_VALIDATION: 'false',
        // With these there is a page too.
        CDK_CONTEXT_JSON: JSON.stringify(withPage),
      });
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(await readdir(directory), 'nothing beside the assembly').toEqual(['cdk.out']);
      const entries = await readdir(outdir);
      expect(entries).toEqual(expect.arrayContaining(['manifest.json', 'ProjectVersions.template.json']));
      expect(entries, 'no bundles beside the assets made of them').not.toContain('bundles');
      const ours: string[] = [];
      for (const asset of entries.filter((name) => name.startsWith('asset.'))) {
        if ((await readdir(join(outdir, asset))).includes('index.mjs')) ours.push(asset);
      }
      expect(ours).toHaveLength(functionNames.length);
    }));

  it('says what is wrong with the context, and no more', async () => {
    const { code, stdout, stderr } = await node([join(infra, 'app.ts')], {
      CDK_CONTEXT_JSON: '{"throttleRate":"many"}',
    });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^The context .*\n {2}throttleRate: got "many", allowed is .*\n$/);
  });

  it('says which Node it needs', async () => {
    const old = 'data:text/javascript,Object.defineProperty(process,"versions",{value:{node:"22.18.0"}})';
    const { code, stderr } = await node(['--import', old, '--import', join(infra, 'require-node.js'), '--eval', '1']);
    expect(code).toBe(1);
    expect(stderr).toContain('needs Node 24 and this is Node 22.18.0');
  });

  it('is what the CDK CLI runs, with the Node of this project whatever Node runs the CLI', async () => {
    const { app } = JSON.parse(await readFile(join(infra, '../cdk.json'), 'utf8'));
    expect(app).toBe('npx --no-install node infra/app.ts');
  });
});

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { bundleFunctions } from '../../../infra/build/bundle.ts';

/** A handler as Lambda calls it. */
export type Handler = (event: unknown, context: unknown) => Promise<unknown>;

export type Functions = Record<(typeof NAMES)[number], Handler>;

/** A fault planted in the source of the functions. */
export interface SourceFault {
  /** Below functions/. */
  file: string;
  find: string;
  put: string;
}

const NAMES = ['record-version', 'change-version', 'generate-metadata', 'sweep-metadata'] as const;
const ROOT = resolve(import.meta.dirname, '../../..');

/** Bundles what is deployed into `outdir`. */
export const bundleForSimulation = (outdir: string): Promise<unknown> => bundleFunctions({ outdir, functions: NAMES });

/**
 * Loads the functions into this process: the bundles in `bundles`, or, with a fault, bundles of faulty source. A function reads its environment when
 * it is loaded, so `environmentOf` is asked right before.
 */
export async function loadFunctions(
  bundles: string,
  environmentOf: (name: string) => Record<string, string>,
  fault?: SourceFault,
): Promise<Functions> {
  const outdir = fault ? await mkdtemp(join(tmpdir(), 'project-versions-simulation-')) : bundles;
  if (fault) await bundleFaulty(outdir, fault);
  const loaded: [string, Handler][] = [];
  for (const name of NAMES) {
    Object.assign(process.env, environmentOf(name));
    const { handler } = (await import(pathToFileURL(join(outdir, name, 'index.mjs')).href)) as { handler: Handler };
    loaded.push([name, handler]);
  }
  if (fault) await rm(outdir, { recursive: true });
  return Object.fromEntries(loaded) as Functions;
}

async function bundleFaulty(outdir: string, { file, find, put }: SourceFault): Promise<void> {
  const path = join(ROOT, 'functions', file);
  const source = await readFile(path, 'utf8');
  if (source.split(find).length !== 2)
    throw new Error(`functions/${file} does not hold once what a fault takes out: ${find}`);
  await build({
    absWorkingDir: ROOT,
    entryPoints: NAMES.map((name) => ({ in: `functions/${name}.ts`, out: `${name}/index` })),
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    logLevel: 'silent',
    plugins: [
      {
        name: 'fault',
        setup: ({ onLoad }) => {
          onLoad({ filter: /\.ts$/ }, (args) =>
            args.path === path ? { contents: source.replace(find, () => put), loader: 'ts' } : undefined,
          );
        },
      },
    ],
  });
}

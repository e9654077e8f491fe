import { createHash } from 'node:crypto';
import { watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { stop } from 'esbuild';
import { bundleFunctions } from '../bundle.ts';
import type { LocalStack } from './stack.ts';

const ROOT = resolve(import.meta.dirname, '../..');
// Editors write a file in several steps.
const SETTLE_MS = 80;

/** A function of the source and the functions of the template that run its bundle. */
interface Watched {
  name: string;
  digest: string;
  pools: LocalStack['functions'];
}

/**
 * Rebuilds the functions when something under functions/ changes, and replaces the processes of those whose bundle did: the next call runs the
 * new code, calls under way finish with the old. A change of the template, or of migrations, needs a start of its own.
 */
export async function watchFunctions(stack: LocalStack, dataDir: string, say: (line: string) => void): Promise<void> {
  const build = async (generation: number) => {
    const bundles = await bundleFunctions({ outdir: join(dataDir, 'watch', String(generation)) });
    // esbuild's service process would stay, with 180 MB, and starts again in 20 ms.
    await stop();
    return bundles;
  };
  const watched = await match(await build(0), stack);
  let generation = 0;
  let timer: NodeJS.Timeout | undefined;

  const rebuild = async (): Promise<void> => {
    const started = performance.now();
    generation += 1;
    const bundles = await build(generation);
    for (const each of watched) {
      const folder = bundles[each.name as keyof typeof bundles];
      const digest = await digestOf(folder);
      if (digest === each.digest) continue;
      each.digest = digest;
      for (const pool of each.pools) pool.replaceCode(folder);
      say(`${each.name}: rebuilt in ${Math.round(performance.now() - started)} ms`);
    }
  };
  for (const folder of ['functions', 'migrations']) {
    watch(join(ROOT, folder), { recursive: true }, () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        if (folder === 'migrations') say('migrations/ has changed: start again to apply it');
        // esbuild has said what is wrong with the source; the functions stay as they are until it is mended.
        rebuild().catch((error: Error) => say(`Not rebuilt: ${error.message}`));
      }, SETTLE_MS);
    });
  }
  say(`Watching functions/ (${watched.map(({ name }) => name).join(', ')}).`);
}

/** The same source gives the same bytes, so a bundle's content says which functions of the template it is. */
async function match(bundles: Record<string, string>, stack: LocalStack): Promise<Watched[]> {
  const deployed = await Promise.all(
    stack.functions.map(async (pool) => ({ pool, digest: await digestOf(pool.config.code) })),
  );
  return Promise.all(
    Object.entries(bundles).map(async ([name, folder]) => {
      const digest = await digestOf(folder);
      return { name, digest, pools: deployed.filter((each) => each.digest === digest).map(({ pool }) => pool) };
    }),
  );
}

async function digestOf(folder: string): Promise<string> {
  // The provider framework's bundle has another main file and matches none of ours.
  const code = await readFile(join(folder, 'index.mjs')).catch(() => folder);
  return createHash('sha256').update(code).digest('hex');
}

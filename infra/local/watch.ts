import { createHash } from 'node:crypto';
import { readdirSync, watch } from 'node:fs';
import { cp, readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { stop } from 'esbuild';
import { bundleFunctions, functionNames } from '../build/bundle.ts';
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
 * Rebuilds the functions when something under functions/ changes, and replaces the processes of those whose bundle did: the next call
 * runs the new code, calls under way finish with the old. A change of the template, or of migrations, needs a start of its own.
 */
export async function watchFunctions(stack: LocalStack, dataDir: string, say: (line: string) => void): Promise<void> {
  const folder = join(dataDir, 'watch');
  const watched = await match(stack);
  let building = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  const changed = (source: string): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (source === 'migrations') say('migrations/ has changed: start again to apply it');
      building = building
        .then(() => rebuild(watched, folder, say))
        // The functions stay as they are until the source is mended.
        .catch((error: Error) => say(`Not rebuilt: ${error.message}`));
    }, SETTLE_MS);
  };
  for (const source of ['functions', 'migrations']) {
    for (const each of foldersIn(join(ROOT, source))) watch(each, () => changed(source));
  }
  // What was saved since the synthesis.
  changed('functions');
  say(`Watching functions/ (${watched.map(({ name }) => name).join(', ')}).`);
}

// Folder by folder: on Linux Node's recursive watch loses a file that an editor saves by renaming another one over it.
function foldersIn(root: string): string[] {
  const below = readdirSync(root, { recursive: true, withFileTypes: true });
  return [root, ...below.filter((each) => each.isDirectory()).map((each) => join(each.parentPath, each.name))];
}

async function rebuild(watched: Watched[], folder: string, say: (line: string) => void): Promise<void> {
  const started = performance.now();
  const bundles = await build(folder);
  for (const each of watched) {
    const built = bundles[each.name] ?? '';
    const digest = await digestOf(built);
    if (digest === each.digest) continue;
    // A folder of its own: processes of the code before it may still start from theirs.
    const kept = join(folder, `${each.name}-${digest.slice(0, 12)}`);
    await cp(built, kept, { recursive: true });
    each.digest = digest;
    for (const pool of each.pools) pool.replaceCode(kept);
    say(`${each.name}: rebuilt in ${Math.round(performance.now() - started)} ms`);
  }
}

async function build(folder: string): Promise<Record<string, string>> {
  try {
    return await bundleFunctions({ outdir: join(folder, 'latest') });
  } finally {
    // esbuild's service process would stay, with 180 MB, and starts again in 20 ms.
    await stop();
  }
}

/** Which functions of the template run which bundle: its source map names the file in functions/ it was made from. */
async function match(stack: LocalStack): Promise<Watched[]> {
  const deployed = await Promise.all(
    stack.functions.map(async (pool) => {
      const map = await readFile(join(pool.config.code, 'index.mjs.map'), 'utf8').catch(() => '{"sources":[]}');
      const { sources } = JSON.parse(map) as { sources: string[] };
      return { pool, sources, digest: await digestOf(pool.config.code) };
    }),
  );
  return functionNames.flatMap((name) => {
    const own = deployed.filter(({ sources }) => sources.some((source) => source.endsWith(`functions/${name}.ts`)));
    return own[0] ? [{ name, digest: own[0].digest, pools: own.map(({ pool }) => pool) }] : [];
  });
}

async function digestOf(folder: string): Promise<string> {
  // The provider framework's bundle has another main file and matches none of ours.
  const code = await readFile(join(folder, 'index.mjs')).catch(() => folder);
  const digest = createHash('sha256').update(code);
  // What it serves.
  const files = (await readdir(folder)).filter((name) => name.endsWith('.gz')).sort();
  for (const file of files) digest.update(await readFile(join(folder, file)));
  return digest.digest('hex');
}

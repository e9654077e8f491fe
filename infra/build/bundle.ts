import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import type { Migration } from '../../functions/migrations/migration.ts';
import { writeDocs } from '../openapi/reference-page.ts';
import { compileMigrations } from './compile-migrations.ts';
import { writePage } from './page-document.ts';

const root = join(import.meta.dirname, '../..');

/** The functions, each named after its file in functions/. */
export const functionNames = [
  'list-versions',
  'read-version',
  'change-version',
  'record-version',
  'generate-metadata',
  'sweep-metadata',
  'check-integrity',
  'apply-migrations',
  'continue-migrations',
  'rotate-secrets',
  'serve-docs',
  'serve-page',
] as const;
export type FunctionName = (typeof functionNames)[number];

/** The directory of each function's bundle: `index.mjs` and `index.mjs.map`. */
export type Bundles<Name extends FunctionName = FunctionName> = Record<Name, string>;

export interface BundleOptions<Name extends FunctionName> {
  /** Where the directories are written, one a function. */
  outdir: string;
  /** All of them by default. */
  functions?: readonly Name[];
  /** What apply-migrations and continue-migrations are to apply; compiled from migrations/ by default. */
  migrations?: Migration[];
}

/**
 * Takes the modules of Node.js by name instead of importing them. An ES module that imports node:http makes Node.js look at each of its exports, and one
 * of them is undici: 19 ms of a start, for something that no function uses.
 */
const builtinsByName: Plugin = {
  name: 'builtins-by-name',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^[a-z_]/ }, ({ path }) => (isBuiltin(path) ? { path, namespace: 'builtin' } : undefined));
    onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)})`,
    }));
  },
};

/** How every function is bundled. */
export const howToBundle = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  // ES modules first: the CommonJS builds of the SDK end in "Dynamic require of node:https is not supported".
  mainFields: ['module', 'main'],
  minify: true,
  sourcemap: 'linked',
  sourcesContent: false,
  legalComments: 'none',
  logLevel: 'warning',
  alias: { '@aws-sdk/credential-provider-node': join(root, 'functions/platform/credentials.ts') },
  plugins: [builtinsByName],
} satisfies BuildOptions;

/**
 * Bundles functions for Lambda: one ES module each with everything in it, the AWS SDK too (bundled it loads faster
 * than the runtime's own). The same source gives the same bytes wherever it is written, so an unchanged function is
 * not deployed again.
 */
export async function bundleFunctions<Name extends FunctionName = FunctionName>(
  options: BundleOptions<Name>,
): Promise<Bundles<Name>> {
  const names = options.functions ?? (functionNames as readonly FunctionName[] as readonly Name[]);
  const migrations =
    options.migrations ??
    (names.some((name) => name.endsWith('-migrations')) ? await compileMigrations(join(root, 'migrations')) : []);
  // Never written to: a source map names its sources relative to where it lies.
  const nominal = join(root, 'cdk.out');
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: names.map((name) => ({ in: `functions/${name}.ts`, out: `${name}/index` })),
    outdir: nominal,
    outExtension: { '.js': '.mjs' },
    write: false,
    ...howToBundle,
    define: {
      __MIGRATIONS__: JSON.stringify(migrations),
      __CATALOG__: await readFile(join(root, 'migrations/catalog.json'), 'utf8'),
    },
  });
  await Promise.all(
    outputFiles.map(async ({ path, contents }) => {
      const target = join(options.outdir, relative(nominal, path));
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, contents);
    }),
  );
  if (names.some((name) => name === 'serve-docs')) await writeDocs(join(options.outdir, 'serve-docs'));
  if (names.some((name) => name === 'serve-page')) await writePage(join(options.outdir, 'serve-page'));
  return Object.fromEntries(names.map((name) => [name, join(options.outdir, name)])) as Bundles<Name>;
}

import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type Metafile } from 'esbuild';
import { howToBundle } from '../../../infra/build/bundle.ts';

const root = join(import.meta.dirname, '../../..');

/** What is started, by the name it has in the figures; `login`: as whom it asks the database. */
const CANDIDATES = {
  ours: { file: 'functions/list-versions.ts', login: 'api' },
  'bare SDK': { file: 'test/bench/start/functions/bare.ts', login: 'api' },
  // Row-level security shows the API's login the rows of one user in a transaction that says so, which these two do not.
  'drizzle-orm': { file: 'test/bench/start/functions/drizzle.ts', login: 'worker' },
  kysely: { file: 'test/bench/start/functions/kysely.ts', login: 'worker' },
  nothing: { file: 'test/bench/start/functions/empty.ts', login: 'api' },
  'SDK, no call': { file: 'test/bench/start/functions/sdk.ts', login: 'api' },
  'SDK and schemas': { file: 'test/bench/start/functions/schemas.ts', login: 'api' },
  'SDK and HTTP layer': { file: 'test/bench/start/functions/http.ts', login: 'api' },
} as const;

export type CandidateName = keyof typeof CANDIDATES;

/** A function bundled as every one of ours is. */
export interface Candidate {
  name: CandidateName;
  login: 'api' | 'worker';
  /** The folder that holds index.mjs. */
  code: string;
  bytes: number;
  gzipBytes: number;
  /** Bytes of the bundle by where they come from, the most first: an npm package, or `own`. */
  packages: Record<string, number>;
}

/** Bundles all of them below `outdir`. */
export const bundleCandidates = (outdir: string): Promise<Candidate[]> =>
  Promise.all(
    Object.entries(CANDIDATES).map(async ([name, { file, login }], index) => {
      const code = join(outdir, String(index));
      return { name: name as CandidateName, login, code, ...(await bundle(file, code)) };
    }),
  );

async function bundle(file: string, code: string): Promise<Pick<Candidate, 'bytes' | 'gzipBytes' | 'packages'>> {
  await mkdir(code, { recursive: true });
  const outfile = join(code, 'index.mjs');
  const { metafile } = await build({
    ...howToBundle,
    absWorkingDir: root,
    entryPoints: [file],
    outfile,
    metafile: true,
  });
  const bundled = await readFile(outfile);
  return { bytes: bundled.length, gzipBytes: gzipSync(bundled).length, packages: byPackage(metafile) };
}

function byPackage({ outputs }: Metafile): Record<string, number> {
  const sums = new Map<string, number>();
  for (const { inputs } of Object.values(outputs))
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const from = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? 'own';
      sums.set(from, (sums.get(from) ?? 0) + bytesInOutput);
    }
  return Object.fromEntries([...sums].sort(([, one], [, other]) => other - one));
}

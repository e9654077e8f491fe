import { spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');

/** What the local API takes as its tokens' issuer and audience: the stack is synthesized with them. */
export const LOCAL_JWT = {
  jwtIssuer: 'https://issuer.project-versions.localhost',
  jwtAudience: 'project-versions',
  jwtClientId: 'project-versions-page',
};

// Context that only means something in an AWS account: an existing database, a domain, the network around them.
const ELSEWHERE = ['clusterArn', 'secretArn', 'secretKeyArn', 'database', 'domainName', 'certificateArn'];

class SynthesisFailed extends Error {
  override name = 'SynthesisFailed';
}

/**
 * Synthesizes the application as the CDK CLI does: its program in a process of its own, configured by CDK_OUTDIR and CDK_CONTEXT_JSON, with the
 * context of cdk.json. Template checks are left to `npm run check`: they are half of the time.
 *
 * @param outdir is emptied first.
 * @returns outdir.
 * @throws SynthesisFailed with what the program wrote.
 */
export async function synthesizeApp(outdir: string, context: Record<string, unknown> = {}): Promise<string> {
  const given = (JSON.parse(await readFile(join(ROOT, 'cdk.json'), 'utf8')) as { context?: Record<string, unknown> })
    .context;
  const kept = Object.entries(given ?? {}).filter(([key]) => !ELSEWHERE.includes(key));
  await rm(outdir, { recursive: true, force: true });
  const child = spawn(process.execPath, [join(ROOT, 'infra/app.ts')], {
    cwd: ROOT,
    env: {
      ...process.env,
      CDK_OUTDIR: outdir,
      CDK_CONTEXT_JSON: JSON.stringify({ ...Object.fromEntries(kept), ...LOCAL_JWT, ...context }),
      CDK_VALIDATION: 'false',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  const code = await new Promise<number | null>((settle, fail) => child.once('close', settle).once('error', fail));
  if (code !== 0)
    throw new SynthesisFailed(`The stack could not be synthesized (infra/app.ts ended with ${code}):\n${said.trim()}`);
  return outdir;
}

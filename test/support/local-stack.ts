import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { type LocalStack, startLocalStack } from '../../infra/local/stack.ts';
import type { Template } from './template.ts';

const ISSUER = 'https://issuer.project-versions.localhost';
const AUDIENCE = 'project-versions';
const CLIENT_ID = 'project-versions-page';

/** The whole system in a folder of its own: the synthesized template with timeouts so short that redelivery takes seconds, and where functions log. */
export async function startTestStack(
  context: Record<string, string | undefined> = {},
): Promise<{ stack: LocalStack; template: Template; logs: string; close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'project-versions-test-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const assembly = synthesizeOnce({
      jwtIssuer: ISSUER,
      jwtAudience: AUDIENCE,
      jwtClientId: CLIENT_ID,
      metadataTimeoutSeconds: '2',
      metadataBatchWindowSeconds: '0',
      maxReceiveCount: '2',
      metadataRetrySeconds: '1',
      migrationsQueryIntervalSeconds: '1',
      integrityHours: '0',
      ...context,
    });
    const stack = await startLocalStack({
      assembly,
      dataDir: join(folder, 'data'),
      durable: false,
    });
    return {
      stack,
      template: JSON.parse(await readFile(join(await assembly, 'ProjectVersions.template.json'), 'utf8')),
      logs: join(folder, 'data', 'logs'),
      async close() {
        await stack.stop();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** The assembly of a context, synthesized by the first file of the run that asks for it. Stacks only read it. */
async function synthesizeOnce(context: Record<string, string | undefined>): Promise<string> {
  const assemblies = inject('assembliesDir');
  const kept = join(assemblies, createHash('sha256').update(JSON.stringify(context)).digest('hex'));
  if (existsSync(kept)) return kept;
  // aws-cdk-lib takes a second to load.
  const { synthesize } = await import('../../infra/synthesize.ts');
  const { directory } = await synthesize({ outdir: await mkdtemp(join(assemblies, 'new-')), checks: false, context });
  // Of two files that come at once, one finds that the other was first.
  return rename(directory, kept).then(
    () => kept,
    () => directory,
  );
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LocalStack, startLocalStack } from '../../infra/local/stack.ts';
import { synthesize } from '../../infra/synthesize.ts';

const ISSUER = 'https://issuer.project-versions.localhost';
const AUDIENCE = 'project-versions';

/** The whole system in a folder of its own: the synthesized template with timeouts so short that redelivery takes seconds. */
export async function startTestStack(
  context: Record<string, string | undefined> = {},
): Promise<{ stack: LocalStack; close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'project-versions-test-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const assembly = synthesize({
      outdir: join(folder, 'cdk.out'),
      checks: false,
      context: {
        jwtIssuer: ISSUER,
        jwtAudience: AUDIENCE,
        metadataTimeoutSeconds: '2',
        metadataBatchWindowSeconds: '0',
        maxReceiveCount: '2',
        migrationsQueryIntervalSeconds: '1',
        ...context,
      },
    });
    const stack = await startLocalStack({
      assembly: assembly.then(({ directory }) => directory),
      dataDir: join(folder, 'data'),
      durable: false,
    });
    return {
      stack,
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

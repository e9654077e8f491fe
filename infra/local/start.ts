import { join } from 'node:path';
import { parseStart, runCommand, START_USAGE, type StartOptions } from './cli.ts';
import { LOCAL_USER } from './endpoints.ts';
import { nextSteps } from './next-steps.ts';
import { playSample } from './play-sample.ts';
import type { ReplayTarget } from './sample/replay.ts';
import { startLocalStack } from './stack.ts';
import { synthesizeApp } from './synthesize-app.ts';

await runCommand(start);

async function start(): Promise<void> {
  const options = parseStart(process.argv.slice(2));
  if (options.help) return console.log(START_USAGE);
  const say = options.quiet ? () => {} : console.log;

  say('Synthesizing the stack and starting PostgreSQL ...');
  const stack = await startLocalStack({
    assembly: () =>
      synthesizeApp(join(options.dataDir, 'cdk.out'), options.model === undefined ? {} : { modelId: options.model }),
    dataDir: options.dataDir,
    port: options.port,
  });
  let stopping = false;
  const stop = async () => {
    // A second Ctrl-C does not wait.
    if (stopping) process.exit(130);
    stopping = true;
    say('\nStopping ...');
    await stack.stop().catch((error: Error) => console.error(error.message));
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop());
  say(`Ready after ${(performance.now() / 1000).toFixed(1)} s.`);

  const target = { api: stack.endpoints.api, token: stack.endpoints.token, userId: LOCAL_USER };
  const project = options.sample ? await sampleProject(target, options) : 'my-project';
  if (options.watch) {
    // esbuild and the migrations' parser are loaded only then.
    const { watchFunctions } = await import('./watch.ts');
    await watchFunctions(stack, options.dataDir, say);
  }
  say(nextSteps(stack.endpoints.api, project, options.dataDir));
}

/** A stack without its sample is still worth running: what kept it away is said, and the next start goes on. */
async function sampleProject(target: ReplayTarget, { dataDir, quiet }: StartOptions): Promise<string> {
  try {
    return await playSample(target, dataDir, quiet);
  } catch (error) {
    console.error(
      `\nThe sample releases were not replayed to the end: ${(error as Error).message}\nThe next start goes on with them.`,
    );
    return 'my-project';
  }
}

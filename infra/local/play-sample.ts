import { join } from 'node:path';
import { answered, userClient } from '../../functions/api-client/client.ts';
import { ProgressBar } from './progress.ts';
import { projectId, sampleReleases } from './sample/releases.ts';
import { type ReplayTarget, replay } from './sample/replay.ts';
import { versionTable } from './sample/table.ts';
import { StateFile } from './state-file.ts';

/**
 * On a first start: replays real release histories through the pipeline a deployment uses, then shows the newest versions. One that
 * was broken off goes on where it was at the next start.
 *
 * @returns a project that has a history.
 */
export async function playSample(target: ReplayTarget, dataDir: string, quiet: boolean): Promise<string> {
  const projects = sampleReleases();
  const [first] = projects[0] ?? [];
  if (first === undefined) throw new Error('infra/local/sample/releases.jsonl holds no release');
  const shown = projectId(first);
  const state = new StateFile<{ replayed?: boolean }>(join(dataDir, 'sample.json'), {});
  if (state.read().replayed) return shown;

  const bar = quiet ? undefined : new ProgressBar('Replaying real releases', projects.flat().length);
  await Promise.all(projects.map((releases) => replay(target, releases, () => bar?.tick())));
  state.write({ replayed: true });
  if (!quiet) {
    const params = { path: { projectId: shown }, query: { limit: 10, includeCheckpoints: true } };
    const user = userClient(target.api, target.token);
    const { versions } = await answered(user.GET('/projects/{projectId}/versions', { params }));
    console.log(`\nThe newest versions of ${shown}:\n${versionTable(versions)}`);
  }
  return shown;
}

import { join } from 'node:path';
import { ProgressBar } from './progress.ts';
import { playOutcomes } from './sample/outcomes.ts';
import { projectId, sampleReleases } from './sample/releases.ts';
import { type ReplayTarget, replay } from './sample/replay.ts';
import { StateFile } from './state-file.ts';

/**
 * On a first start: replays real release histories through the pipeline a deployment uses; then one project is published and rolled back, and
 * has a failed and a running build. A sample that was broken off goes on at the next start.
 *
 * @returns a project that has a history.
 */
export async function playSample(target: ReplayTarget, dataDir: string, quiet: boolean): Promise<string> {
  const projects = sampleReleases();
  const [releases = []] = projects;
  const [first] = releases;
  if (first === undefined) throw new Error('infra/local/sample/releases.jsonl holds no release');
  const state = new StateFile<{ replayed?: boolean }>(join(dataDir, 'sample.json'), {});
  if (state.read().replayed) return projectId(first);

  const bar = quiet ? undefined : new ProgressBar('Replaying real releases', projects.flat().length);
  await Promise.all(projects.map((history) => replay(target, history, () => bar?.tick())));
  await playOutcomes(target, releases);
  state.write({ replayed: true });
  return projectId(first);
}

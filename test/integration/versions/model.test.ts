import fc from 'fast-check';
import { ulid } from 'ulid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Changed } from '../../../functions/versions/change.ts';
import type { Target } from '../../../functions/versions/change-queries.ts';
import { remove, restore } from '../../../functions/versions/delete.ts';
import { edit } from '../../../functions/versions/edit.ts';
import { listPublications } from '../../../functions/versions/publications.ts';
import { publish, unpublish } from '../../../functions/versions/publish.ts';
import { updateMetadata } from '../../../functions/versions/queries.ts';
import { rollback } from '../../../functions/versions/rollback.ts';
import { runs } from '../../support/effort.ts';
import { type MigratedDatabase, migratedDatabase } from '../../support/migrated-database.ts';
import { ModelProject } from '../../support/model-project.ts';
import { build, list } from '../../support/versions.ts';

let system: MigratedDatabase;
beforeAll(async () => {
  system = await migratedDatabase();
});
afterAll(() => system.close());

type Step = fc.AsyncCommand<ModelProject, { projectId: string }>;

const step = (label: string, run: Step['run']): Step => ({ check: () => true, run, toString: () => label });

/** What came of a change: the version's id, or why not. */
const outcome = (change: Promise<Changed>): Promise<string> =>
  change.then(
    ({ version }) => version.id,
    (error: { reason?: string; name: string }) => error.reason ?? error.name,
  );

/** A step that does the same to the model and to the system, and compares what they answer. */
const same = (
  label: string,
  at: number,
  model: (project: ModelProject, id: string) => string,
  real: (target: Target) => Promise<Changed>,
): Step =>
  step(`${label}(${at})`, async (project, { projectId }) => {
    const versionId = project.pick(at);
    expect(await outcome(real({ projectId, versionId, userId: 'owner' }))).toBe(model(project, versionId));
  });

const ends = {
  building: null,
  failed: { status: 'failed' },
  deployed: { status: 'deployed', artifactUrl: 'https://artifacts.example.com/1' },
  bare: { status: 'deployed' },
} as const;
const end = fc.constantFrom('deployed', 'deployed', 'deployed', 'building', 'failed', 'bare');
const kind = fc.constantFrom('major', 'minor', 'patch');
const at = fc.nat(9);

const commands = [
  end.map((how) =>
    step(`build(${how})`, async (project, { projectId }) => {
      const { versionId } = await build(system, projectId, ulid().slice(-20), ends[how]);
      project.build(versionId, how);
    }),
  ),
  fc.tuple(at, kind).map(([which, type]) =>
    step(`metadata(${which}, ${type})`, async (project, { projectId }) => {
      const versionId = project.pick(which);
      project.number(versionId, type);
      const item = { key: '1', version_id: versionId, project_id: projectId, change_type: type };
      await updateMetadata(system.worker, [item]);
    }),
  ),
  at.map((which) =>
    same(
      'publish',
      which,
      (project, id) => project.publish(id),
      (target) => publish(system.api, target, {}, null),
    ),
  ),
  fc.tuple(at, fc.option(at)).map(([which, other]) =>
    step(`publishExpecting(${which}, ${other})`, async (project, { projectId }) => {
      const target = { projectId, versionId: project.pick(which), userId: 'owner' };
      const expectedPublishedVersionId = other === null ? null : project.pick(other);
      const published = project.publish(target.versionId, expectedPublishedVersionId);
      expect(await outcome(publish(system.api, target, { expectedPublishedVersionId }, null))).toBe(published);
    }),
  ),
  at.map((which) =>
    same(
      'unpublish',
      which,
      (project, id) => project.unpublish(id),
      ({ versionId, ...project }) => unpublish(system.api, project, { versionId }, null),
    ),
  ),
  at.map((which) =>
    step(`rollback(${which})`, async (project, { projectId }) => {
      const target = { projectId, versionId: project.pick(which), userId: 'owner' };
      const made = await outcome(rollback(system.api, target, {}, null));
      expect(project.rollback(target.versionId, made)).toBe(made);
    }),
  ),
  at.map((which) =>
    same(
      'delete',
      which,
      (project, id) => project.remove(id),
      (target) => remove(system.api, target),
    ),
  ),
  at.map((which) =>
    same(
      'restore',
      which,
      (project, id) => project.restore(id),
      (target) => restore(system.api, target, {}, null),
    ),
  ),
  fc.tuple(at, kind).map(([which, type]) =>
    same(
      `edit ${type}`,
      which,
      (project, id) => project.edit(id, `Mine ${which}`, type),
      (target) => edit(system.api, target, { name: `Mine ${which}`, type }),
    ),
  ),
];

test('whatever is done in whatever order, the history and the log are what a model in memory says', async () => {
  let projects = 0;
  await fc.assert(
    fc.asyncProperty(fc.commands(commands, { size: 'medium', maxCommands: 20 }), async (steps) => {
      projects += 1;
      const projectId = `project-${projects}`;
      const model = new ModelProject();
      await fc.asyncModelRun(() => ({ model, real: { projectId } }), steps);
      if (model.isEmpty) return;

      const versions = await list(system, projectId, { limit: '100', includeCheckpoints: 'true', showDeleted: 'true' });
      expect(Object.fromEntries(versions.map((version) => [version.id, version]))).toEqual(
        Object.fromEntries([...model.items()].map(([id, item]) => [id, expect.objectContaining(item)])),
      );
      const log = await listPublications(system.api, projectId, 'owner', { limit: 100, cursor: undefined });
      expect(log.publications.toReversed()).toEqual(model.log.map((entry) => expect.objectContaining(entry)));
    }),
    runs(100),
  );
});

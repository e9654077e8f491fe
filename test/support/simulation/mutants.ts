import type { SourceFault } from './functions.ts';

/**
 * A fault planted on purpose: in the source of the functions, or in a function of the database. `near`: so many histories after the first one lies
 * one that has caught it, so that a test need not live all before.
 */
export type Mutant = { name: string; near?: number } & (
  | { source: SourceFault }
  | { sql: { function: string; changes: [find: string, put: string][] } }
);

const sql = (name: string, where: string, find: string, put: string, ...more: [string, string][]): Mutant => ({
  name,
  sql: { function: where, changes: [[find, put], ...more] },
});
const source = (name: string, file: string, find: string, put: string): Mutant => ({
  name,
  source: { file, find, put },
});

/** A mutant that the history so many after the first one has caught. */
const after = (near: number, mutant: Mutant): Mutant => ({ ...mutant, near });

/** Each must be caught by some history. They say what the simulation can see. */
export const MUTANTS: Mutant[] = [
  after(
    31,
    sql(
      'the lock is dropped',
      'version_history.apply_one_metadata',
      'perform version_history.lock_project(proposed.project_id);',
      '',
      // A moment for the other batch to come in between; with the lock it changes nothing.
      ['select n.* into next', 'perform pg_sleep(0.03); select n.* into next'],
    ),
  ),
  sql(
    'the guard against a second metadata is forgotten',
    'version_history.apply_one_metadata',
    'if current.major_version is not null then',
    'if false then',
  ),
  after(
    7,
    sql(
      'the highest number is not the highest',
      'version_history.next_number',
      'order by v.major_version desc',
      'order by v.major_version',
    ),
  ),
  sql(
    'which version is the first is looked at before the lock',
    'version_history.apply_one_metadata',
    'perform version_history.lock_project(proposed.project_id);',
    `perform set_config('mutant.first', (not exists (
       select from public.project_versions v where v.project_id = proposed.project_id and v.major_version is not null
     ))::text, true);
     perform pg_sleep(0.03);
     perform version_history.lock_project(proposed.project_id);`,
    ['begins := next.is_first and', `begins := current_setting('mutant.first')::boolean and`],
  ),
  sql(
    'a person’s name is overwritten',
    'version_history.apply_one_metadata',
    'coalesce(v.version_name, proposed.version_name)',
    'proposed.version_name',
  ),
  sql(
    'a person’s edit is forgotten',
    'version_history.apply_one_metadata',
    'coalesce(v.auto_classified, true)',
    'true',
  ),
  after(
    12,
    sql(
      'a version of another project is described',
      'version_history.apply_one_metadata',
      'current.project_id <> proposed.project_id',
      'false',
    ),
  ),
  after(
    5,
    sql(
      'a late failure undoes metadata',
      'version_history.apply_one_metadata',
      `where v.version_id = current.version_id and v.metadata_status = 'pending';
    return json_build_object('outcome', 'failed');`,
      `where v.version_id = current.version_id;
    return json_build_object('outcome', 'failed');`,
    ),
  ),
  sql(
    'documents are not kept',
    'version_history.apply_one_metadata',
    'if about.document is not null then',
    'if false then',
  ),
  sql(
    'the sweep finds nothing',
    'version_history.sweep_metadata',
    `where v.metadata_status = 'pending' and v.status = 'deployed'
       and coalesce`,
    `where v.metadata_status = 'pending' and v.status = 'building'
       and coalesce`,
  ),
  after(
    6,
    source(
      'a batch is acknowledged though it was not written',
      'metadata/write.ts',
      `...attempts.map((attempt) => outcome(attempt, { kind: 'retry', reason })),`,
      `...attempts.map((attempt) => outcome(attempt, { kind: 'done', what: 'repeated' })),`,
    ),
  ),
  source(
    'everything is acknowledged',
    'generate-metadata.ts',
    'return { batchItemFailures };',
    'return { batchItemFailures: [] };',
  ),
  source(
    'a dead letter is not sent',
    'metadata/settle.ts',
    'await deadLetters.send({',
    'await (async (_: object) => {})({',
  ),
  after(
    7,
    source(
      'a message is acknowledged before the version is there',
      'metadata/outcome.ts',
      `return { kind: 'retry', reason: 'the version is not recorded yet' };`,
      `return { kind: 'done', what: 'repeated' };`,
    ),
  ),
  after(
    24,
    source(
      'a build under way is taken for done',
      'metadata/generate.ts',
      `if (build.status === 'building') return 'not_deployed';`,
      `if (build.status === 'building') return 'repeated';`,
    ),
  ),
];

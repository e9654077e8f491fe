import semver from 'semver';
import { checkProjects } from '../../../functions/integrity/projects.ts';
import type { AuditRow } from './audit.ts';
import type { History, Known } from './history.ts';
import type { World } from './world.ts';

interface Row {
  project_id: string;
  version_id: string;
  status: string;
  metadata_status: string;
  metadata_error: string | null;
  metadata_generator: string | null;
  metadata_attempts: number;
  major_version: number | null;
  version_name: string | null;
  classification_reasoning: string | null;
  auto_classified: boolean | null;
  is_published: boolean;
  documents: number;
}

/** What must hold after every history, whatever happened in it. @returns what does not */
export async function violations(world: World, history: History): Promise<string[]> {
  const { owner } = world;
  const projects = [...new Set(history.versions.map(({ projectId }) => projectId))];
  const { rows } = await owner.query<Row>(
    `select v.*, (select count(*)::integer from version_history.recommendations r where r.version_id = v.version_id) as documents
       from project_versions v where project_id = any ($1)`,
    [projects],
  );
  const { rows: audit } = await owner.query<AuditRow>('select * from audit where project_id = any ($1) order by id', [
    projects,
  ]);
  const letters = await world.deadLetters();
  // What watches over a database in life finds nothing, whatever happened to it here.
  const { found } = await checkProjects(world.database.worker, '', { takeover: false, reported: true });
  const byId = new Map(rows.map((row) => [row.version_id, row]));
  return [
    ...history.versions.flatMap((version) => ofVersion(version, byId.get(version.versionId), letters)),
    ...audit.filter(({ event }) => event !== 'numbered').map(({ version_id, event }) => `${version_id}: ${event}`),
    ...projects.flatMap((project) => ofNumbers(project, audit)),
    ...projects.flatMap((project) => ofTheFirst(project, audit, rows)),
    ...projects.flatMap((project) => {
      const published = rows.filter((row) => row.project_id === project && row.is_published).length;
      return published > 1 ? [`${project}: ${published} published versions`] : [];
    }),
    ...found.flatMap(({ findings }) => findings.map((finding) => `integrity: ${JSON.stringify(finding)}`)),
    ...history.hopeless
      .filter((body) => !letters.some((letter) => letter.body === body && letter.reason))
      .map((body) => `neither applied nor a dead letter with a reason: ${body}`),
  ];
}

function ofVersion(version: Known, row: Row | undefined, letters: { body: string }[]): string[] {
  const { versionId: id } = version;
  if (!row) return version.started ? [`${id}: started, and lost`] : [];
  const wrong: string[] = [];
  const must = (holds: boolean, what: string) => {
    if (!holds) wrong.push(`${id}: ${what}`);
  };
  must(!version.deployed || row.status === 'deployed', `deployed, and ${row.status}`);
  if (row.status === 'deployed') {
    const excused =
      row.metadata_status === 'failed' && row.metadata_error && letters.some(({ body }) => body.includes(id));
    must(row.metadata_status === 'ready' || Boolean(excused), `metadata ${row.metadata_status}, ${row.metadata_error}`);
  }
  if (row.metadata_status === 'ready') {
    must(row.major_version !== null, 'ready without a number');
    must(row.metadata_error === null, 'ready with an error');
    must(row.metadata_generator !== null, 'ready, and nobody knows by what');
    must(row.version_name !== null, 'ready without a name');
    must(row.metadata_attempts >= 1, 'ready without an attempt');
  } else must(row.major_version === null, `a number, and ${row.metadata_status}`);
  // A call that is repeated after another message's has come in between counts again.
  must(
    row.metadata_attempts <= 2 * version.deliveries,
    `${row.metadata_attempts} attempts in ${version.deliveries} deliveries`,
  );
  must(row.status !== 'failed' || row.metadata_status !== 'ready', 'metadata of a failed build');
  if (version.edited.length > 0) {
    // Unsure, the name may be one that nobody was told of; a generated one it never is.
    const name = row.version_name ?? '';
    const byHand = version.unsure ? name.startsWith('By hand ') : version.edited.includes(name);
    must(byHand, `edited to ${version.edited.join(' or ')}, and is ${name}`);
    must(row.auto_classified === false, 'edited, and not said to be');
  }
  must(row.documents <= 1, `${row.documents} rows of recommendations`);
  if (version.documented && row.metadata_status === 'ready') must(row.documents === 1, 'its document is lost');
  return wrong;
}

/** Numbers of a project in the order they were given: each above all before it. */
function ofNumbers(project: string, audit: AuditRow[]): string[] {
  const given = audit.filter(({ project_id, event }) => project_id === project && event === 'numbered');
  const numbers = given.map(
    ({ number: [major, minor, patch, tag] }) => `${major}.${minor}.${patch}${tag ? `-${tag}` : ''}`,
  );
  return numbers.flatMap((number, index) => {
    const before = numbers[index - 1];
    return before === undefined || semver.gt(number, before) ? [] : [`${project}: ${number} was given after ${before}`];
  });
}

/** Of a project's versions the first that got a number may be said to be the first, and no other. */
function ofTheFirst(project: string, audit: AuditRow[], rows: Row[]): string[] {
  const first = audit.find(({ project_id, event }) => project_id === project && event === 'numbered');
  return rows.flatMap(({ project_id, version_id, classification_reasoning: reasoning }) =>
    project_id === project && version_id !== first?.version_id && reasoning?.startsWith('The first version')
      ? [`${version_id}: said to be the first version of ${project}, which is ${first?.version_id}`]
      : [],
  );
}

import type pg from 'pg';

/** A version requests may be about. */
export interface Target {
  versionId: string;
  projectId: string;
  userId: string;
  status: 'building' | 'deployed' | 'failed';
  /** The old table has metadata of it. */
  described: boolean;
}

/** The versions one client may read or write. Writers share projects and never a version, so that what a version has to be in the end is known. */
export interface Share {
  all: Target[];
  old: Target[];
  new: Target[];
}

/** Enough that a version is rarely written twice, few enough to keep. */
const SAMPLE = 40_000;

/** Draws versions from all over the table, and deals their projects out to `clients`. */
export async function drawTargets(connection: pg.Client, clients: number, seed: number): Promise<Share[]> {
  const { rows } = await connection.query<Target>(
    `select v.version_id as "versionId", v.project_id as "projectId", v.user_id as "userId", v.status,
            m.version_id is not null as described
       from project_versions v
      tablesample bernoulli (least(100, $1::float8 * 100 / greatest(1, (select reltuples from pg_class where oid = 'project_versions'::regclass))))
              repeatable ($2)
       left join project_versions_metadata m
         on m.version_id = v.version_id::bpchar and m.project_id::text = v.project_id and m.user_id::text = v.user_id
      where m.soft_deleted_at is null
      order by v.version_id`,
    [SAMPLE, seed],
  );
  return Array.from({ length: clients }, (_, client) => {
    const all = rows.filter(({ projectId }) => Number(projectId.slice(-12)) % clients === client);
    // The last of an id's characters is as good as any coin.
    const isOld = ({ versionId }: Target) => versionId.charCodeAt(25) % 2 === 0;
    return { all, old: all.filter(isOld), new: all.filter((target) => !isOld(target)) };
  });
}

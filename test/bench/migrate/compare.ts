import type pg from 'pg';

/** Rows that are not as they have to be, in one respect, and one of them. */
export interface Wrong {
  what: string;
  rows: number;
  example: string | null;
}

/** Columns nobody but a build writes, and no build wrote to these rows. */
const UNTOUCHED =
  `id user_id project_id prompt artifact_url framework install_duration_ms deploy_duration_ms output_size_bytes ai_json status
  needs_rebuild base_snapshot_id cf_deployment_id node_version pnpm_version version_metadata_id enhanced_prompt prompt_metadata ai_session_id
  ai_session_created_at ai_session_last_used_at artifact_size artifact_checksum`.split(/\s+/);
const row = (table: string): string => `(${UNTOUCHED.map((column) => `${table}.${column}`).join(', ')})`;

const numberOf = (table: string): string =>
  `case when ${table}.major_version is not null
     then concat_ws('.', ${table}.major_version, ${table}.minor_version, ${table}.patch_version) || coalesce('-' || nullif(btrim(${table}.prerelease), ''), '') end`;

/** What a generator wrote is the generator's; what a client was told is written counts more than what was there. */
const unlessGenerated = (column: string, expected = `m.${column}`): [string, string] => [
  `case when w.generated then v.${column} else ${expected} end`,
  `v.${column}`,
];
const unlessPublished = (column: string): [string, string] => [
  `case when w.published or (p.project_id is not null and p.version_ids is null) then v.${column} else m.${column} end`,
  `v.${column}`,
];
const fromMetadata = (column: string): [string, string] => [`m.${column}`, `v.${column}`];

/** Of a version that was there before (b), its metadata (m), what clients wrote of it (w) and its project (p): what it has to be, and what it is (v). */
const EXPECTED: Record<string, [expected: string, found: string]> = {
  'the columns it had': [row('b'), row('v')],
  created_at: [
    'coalesce(b.created_at, case when w.version_id is not null then v.created_at else b.updated_at end)',
    'v.created_at',
  ],
  updated_at: [
    'case when w.version_id is not null or p.project_id is not null then v.updated_at else b.updated_at end',
    'v.updated_at',
  ],
  deployed_at: [
    `case when w.version_id is not null then v.deployed_at when b.status = 'deployed' then coalesce(b.updated_at, b.created_at) end`,
    'v.deployed_at',
  ],
  preview_url: ['coalesce(w.preview, b.preview_url)', 'v.preview_url'],
  parent_version_id: ['coalesce(b.parent_version_id, parent.version_id)', 'v.parent_version_id'],
  build_duration_ms: ['coalesce(b.build_duration_ms, m.build_duration_ms)', 'v.build_duration_ms'],
  number: [`case when w.generated then ${numberOf('v')} else ${numberOf('m')} end`, numberOf('v')],
  version_name: [
    'coalesce(w.name, case when w.generated then v.version_name else m.version_name end)',
    'v.version_name',
  ],
  version_description: unlessGenerated('version_description'),
  change_type: unlessGenerated(
    'change_type',
    `case when lower(btrim(m.change_type)) in ('major', 'minor', 'patch', 'rollback') then lower(btrim(m.change_type)) end`,
  ),
  breaking_risk: unlessGenerated('breaking_risk'),
  auto_classified: [
    'case when w.name is not null then false when w.generated then v.auto_classified else m.auto_classified end',
    'v.auto_classified',
  ],
  classification_confidence: unlessGenerated('classification_confidence'),
  classification_reasoning: unlessGenerated('classification_reasoning'),
  published_at: unlessPublished('published_at'),
  published_by_user_id: unlessPublished('published_by_user_id'),
  user_comment: unlessPublished('user_comment'),
  soft_deleted_at: fromMetadata('soft_deleted_at'),
  files_changed: fromMetadata('files_changed'),
  lines_added: fromMetadata('lines_added'),
  lines_removed: fromMetadata('lines_removed'),
  git_commit_sha: fromMetadata('git_commit_sha'),
  git_tag: fromMetadata('git_tag'),
  from_recommendation_id: fromMetadata('from_recommendation_id'),
  base_version_id: [`nullif(m.base_version_id::text, '')`, 'v.base_version_id'],
  metadata_status: [
    `case when m.version_id is not null or w.generated then 'ready' else 'none' end`,
    'v.metadata_status',
  ],
};

const MATCH =
  'm.version_id = b.version_id::bpchar and m.project_id::text = b.project_id and m.user_id::text = b.user_id';

const OLD_ROWS = `
  from evidence.versions b
  left join evidence.metadata m on ${MATCH}
  left join evidence.versions parent on parent.version_id = m.parent_version_id::text
  left join evidence.written w on w.version_id = b.version_id
  left join evidence.published p on p.project_id = b.project_id
  left join public.project_versions v on v.version_id = b.version_id
 where w.uncertain is not true`;

/** One query a respect: rows, and an example. */
const QUERIES: Record<string, string> = {
  'rows lost': `select count(*) as rows, min(b.version_id) as example ${OLD_ROWS} and v.version_id is null`,
  'rows of the old table lost': `
    select count(*) as rows, min(m.version_id) as example
      from evidence.metadata m
      left join public.project_versions_metadata now on now.version_id = m.version_id
     where now.version_id is null`,
  'builds of the clients': `
    select count(*) as rows, min(w.version_id) as example
      from evidence.written w
      left join public.project_versions v on v.version_id = w.version_id
     where w.prompt is not null and w.uncertain is not true
       and ((w.project_id, w.user_id, w.prompt) is distinct from (v.project_id, v.user_id, v.prompt)
            or w.name is distinct from case when w.name is not null then v.version_name end
            or w.number is distinct from case when w.number is not null then ${numberOf('v')} end
            or v.metadata_status <> case when w.generated or w.number is not null then 'ready' else 'pending' end)`,
  'published version of a project': `
    with before as (
      select distinct on (b.project_id) b.project_id, b.version_id
        from evidence.versions b
        join evidence.metadata m on ${MATCH}
       where m.is_published
       order by b.project_id, m.soft_deleted_at is not null, m.published_at desc nulls last, coalesce(b.created_at, b.updated_at) desc,
                b.version_id desc
    ), expected as (
      select project_id, case when p.project_id is not null then p.version_ids else array[before.version_id] end as version_ids
        from before full join evidence.published p using (project_id)
    ), live as (
      select project_id, array_agg(version_id) as version_ids from public.project_versions where is_published group by project_id
    )
    select count(*) as rows,
           min(format('%s: %s instead of %s', project_id, array_to_string(live.version_ids, ','), array_to_string(expected.version_ids, ' or '))) as example
      from expected full join live using (project_id)
     where not exists (select from evidence.published u where u.project_id = coalesce(expected.project_id, live.project_id) and u.version_ids is null)
       and (cardinality(live.version_ids) = 1 and live.version_ids <@ expected.version_ids) is not true`,
};

/** Compares every row with what it has to be. Answers what is wrong, and how many rows could not be judged because a write of them had failed. */
export async function compare(admin: pg.Client): Promise<{ wrong: Wrong[]; unjudged: number }> {
  const wrong: Wrong[] = [];
  for (const [what, query] of Object.entries(QUERIES)) {
    const { rows } = await admin.query<{ rows: string; example: string | null }>(query);
    wrong.push({ what, rows: Number(rows[0]?.rows), example: rows[0]?.example ?? null });
  }
  // One pass for all columns.
  const columns = Object.entries(EXPECTED);
  const counts = columns.map(([, [expected, found]], i) => {
    const differs = `filter (where ${expected} is distinct from ${found})`;
    const example = `format('%s: %s instead of %s', b.version_id, left(${found}::text, 100), left(${expected}::text, 100))`;
    return `count(*) ${differs} as rows_${i}, min(${example}) ${differs} as example_${i}`;
  });
  const { rows } = await admin.query<Record<string, string>>(
    `select ${counts.join(', ')} ${OLD_ROWS} and v.version_id is not null`,
  );
  for (const [i, [what]] of columns.entries())
    wrong.push({ what, rows: Number(rows[0]?.[`rows_${i}`]), example: rows[0]?.[`example_${i}`] ?? null });
  const { rows: unjudged } = await admin.query<{ rows: number }>(
    'select count(*)::integer as rows from evidence.written where uncertain',
  );
  return { wrong: wrong.filter((each) => each.rows > 0), unjudged: unjudged[0]?.rows ?? 0 };
}

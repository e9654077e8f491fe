import type { Database } from '../platform/database.ts';
import { sql } from '../platform/sql.ts';
import type { Finding, Kind } from './finding.ts';
import { readOnly } from './read-only.ts';

/** Versions of a page. It ends with a project, so one of a million versions makes a page of a million. */
const PAGE = 20_000;
/** Findings of a kind that a page tells; a row of them is below 4 KB, and the Data API's answer ends at 1 MiB. */
const TOLD = 40;
/** Sweeps in half an hour leave nothing waiting; a day is longer than an outage that mends itself. */
const WAITING_SECONDS = 86_400;
/**
 * What a takeover has found odd and kept, and since when every publication is in the log, wherever it was made: since the last time that the
 * takeover began. Of old writers it notes once a minute at most that they are there.
 */
const TAKEOVER = `excuses as (
    select r.kind, r.project_id, r.detail from version_history.takeover_report r
  ), era as materialized (
    select coalesce(max(m.applied_at), 'infinity') as since,
           (select t.old_writer_seen_at + interval '2 minutes' from version_history.takeover t) as old_writers
      from version_history.migrations m
     where m.name = 'legacy/003_follow.sql'
  )`;
const NO_TAKEOVER = `excuses as (
    select null::text as kind, null::text as project_id, null::jsonb as detail where false
  ), era as materialized (
    select coalesce(max(m.applied_at), '-infinity') as since, null::timestamptz as old_writers
      from version_history.migrations m
     where m.name = 'legacy/003_follow.sql'
  )`;

/** What one page has shown: `after` is the last project of it, null at the end. */
interface Page {
  after: string | null;
  versions: number;
  found: { kind: Kind; count: number; findings: Finding[] }[];
}

type Row =
  | { kind: Kind; project_id: string; version_ids: string | null; detail: string; count: number }
  | { kind: null; project_id: string | null; count: number };

/**
 * Looks at the projects after `after`, some 20,000 versions of them, in one statement and so at one moment: within a transaction of this system every
 * promise below holds.
 *
 * `takeover`: the tables of an old system were found. What was odd in them is in the takeover's report, which excuses it, once it is `reported`.
 *
 * Old code numbers without asking anybody. Where some was seen, equal numbers are a finding only when this system gave two of them.
 *
 * The log is replayed from where every publication is in it. Before, and by metadata that came before its version, the old system published without it.
 *
 * Walks project_versions_history, nothing sorted on disk, no lock but a reader's: 500,000 versions with 250,000 entries of the log are 19 pages of 0.2 s,
 * one of them a project of 100,000 in 1.4 s (measured on two busy cores, everything in memory).
 */
export async function checkProjects(
  database: Database,
  after: string,
  { takeover, reported }: { takeover: boolean; reported: boolean },
): Promise<Page> {
  const { text, parameters } = sql`bounds as (
    select ${after} as first, (
      select max(walk.project_id)
        from (select v.project_id from public.project_versions v where v.project_id > ${after} order by v.project_id limit ${PAGE}) walk
    ) as last
  ), page as materialized (
    select v.project_id, v.version_id, v.user_id, v.status, v.created_at, v.deployed_at, v.is_published, v.published_at, v.metadata_status,
           v.metadata_error is not null as has_error, v.metadata_generator is not null as numbered_here, v.major_version, v.minor_version, v.patch_version, v.prerelease, v.metadata_requested_at
      from public.project_versions v, bounds
     where v.project_id > bounds.first and v.project_id <= bounds.last
  ), log as materialized (
    select p.project_id, p.id, p.at, p.version_id, p.previous_version_id,
           case p.action when 'published' then p.version_id end as leaves
      from version_history.publications p, bounds, era
     where p.project_id > bounds.first and (bounds.last is null or p.project_id <= bounds.last) and p.at >= era.since
  ), projects as materialized (
    select v.project_id, count(*) filter (where v.is_published) as published, min(v.version_id) filter (where v.is_published) as live,
           min(v.published_at) filter (where v.is_published) as live_since, min(v.user_id) <> max(v.user_id) as several_owners
      from page v
     group by v.project_id
  ), findings (kind, project_id, version_ids, detail) as (
    select 'several_published', v.project_id, array_agg(v.version_id order by v.published_at desc nulls last, v.version_id), count(*) || ' are'
      from page v
     where v.is_published
     group by v.project_id
    having count(*) > 1
    union all
    select 'equal_numbers', v.project_id, array_agg(v.version_id order by v.created_at, v.version_id),
           concat_ws('.', v.major_version, coalesce(v.minor_version, 0), coalesce(v.patch_version, 0)) || ' is that of ' || count(*)
      from page v
     where ${reported} and v.major_version is not null
     group by v.project_id, v.major_version, coalesce(v.minor_version, 0), coalesce(v.patch_version, 0), nullif(v.prerelease, '')
    having count(*) > 1
       and (count(*) filter (where v.numbered_here) > 1 or (select era.old_writers from era) is null)
       and not exists (
             select from excuses r
              where r.kind = 'equal_numbers' and r.project_id = v.project_id
                and r.detail -> 'versions' @> to_jsonb(array_agg(v.version_id))
           )
    union all
    select 'several_owners', p.project_id, null, 'its versions belong to several users'
      from projects p
     where ${reported} and p.several_owners and not exists (
             select from excuses r where r.kind = 'several_owners' and r.project_id = p.project_id
           )
    union all
    select 'waiting_for_metadata', v.project_id, array[v.version_id],
           'for ' || extract(epoch from now() - coalesce(v.metadata_requested_at, v.deployed_at))::bigint / 3600 || ' hours'
      from page v
     where v.status = 'deployed' and v.metadata_status = 'pending'
       and coalesce(v.metadata_requested_at, v.deployed_at) < now() - ${WAITING_SECONDS} * interval '1 second'
    union all
    select 'contradictory_version', v.project_id, array[v.version_id], says.what
      from page v,
           lateral (values
             (v.metadata_status = 'ready' and v.major_version is null, 'ready, and without a number'),
             (v.metadata_status <> 'ready' and v.major_version is not null, 'a number, and its metadata ' || v.metadata_status),
             (v.major_version is not null and (v.minor_version is null or v.patch_version is null), 'half a number'),
             (v.metadata_status = 'ready' and v.has_error, 'ready, and with an error'),
             (v.metadata_status = 'failed' and not v.has_error, 'failed, and without a reason'),
             (v.status = 'deployed' and v.deployed_at is null, 'deployed, and at no time'),
             (v.is_published and v.status <> 'deployed', 'published, and ' || v.status)
           ) says (so, what)
     where says.so
    union all
    select 'log_and_state', e.project_id, array[e.version_id],
           'entry ' || e.id || ' says that ' || coalesce(e.previous_version_id, 'nothing') || ' was published before it, the one before that '
             || coalesce(e.before, 'nothing') || ' was'
      from (select l.*, lag(l.id) over entries as entry_before, lag(l.leaves) over entries as before
              from log l
            window entries as (partition by l.project_id order by l.id)) e
     where e.entry_before is not null and e.previous_version_id is distinct from e.before
    union all
    select 'log_and_state', p.project_id, array_remove(array[last.leaves, p.live], null),
           'the log ends with ' || coalesce(last.leaves, 'nothing') || ' published, ' || coalesce(p.live, 'nothing') || ' is'
      from projects p
      join (select distinct on (l.project_id) l.project_id, l.leaves from log l order by l.project_id, l.id desc) last using (project_id)
     where p.published <= 1 and last.leaves is distinct from p.live
    union all
    select 'log_and_state', p.project_id, array[p.live], 'published, and not in the log'
      from projects p, era
     where p.published = 1 and p.live_since > greatest(era.since, era.old_writers)
       and not exists (select from log l where l.project_id = p.project_id)
  ), told as (
    select f.*, count(*) over (partition by f.kind) as count, row_number() over (partition by f.kind order by f.project_id, f.version_ids) as place
      from findings f
  )
  select t.kind, t.project_id, array_to_json(t.version_ids[1:5])::text as version_ids, t.detail, t.count
    from told t
   where t.place <= ${TOLD}
  union all
  select null, bounds.last, null, '', (select count(*) from page)
    from bounds`;
  const statement = { text: `with ${takeover ? TAKEOVER : NO_TAKEOVER}, ${text}`, parameters };
  return pageOf(await readOnly(database, (transaction) => transaction.rows<Row>(statement)));
}

function pageOf(rows: Row[]): Page {
  const page: Page = { after: null, versions: 0, found: [] };
  const byKind = new Map<Kind, Page['found'][number]>();
  for (const row of rows) {
    if (row.kind === null) Object.assign(page, { after: row.project_id, versions: row.count });
    else {
      const { kind, project_id: projectId, version_ids, detail, count } = row;
      const found = byKind.get(kind) ?? { kind, count, findings: [] };
      const versionIds = version_ids === null ? {} : { versionIds: JSON.parse(version_ids) as string[] };
      found.findings.push({ kind, projectId, ...versionIds, detail });
      byKind.set(kind, found);
    }
  }
  return { ...page, found: [...byKind.values()] };
}

import { LONG } from './effort.ts';
import { legacyMetadata, legacyPublications, legacyVersions } from './legacy-data.ts';
import { legacyTables } from './legacy-database.ts';

const tables = await legacyTables();
const filled = [legacyVersions, legacyMetadata, legacyPublications];

export const dropPublicationColumns = `alter table project_versions_metadata drop column is_published, drop column published_at,
  drop column published_by_user_id, drop column user_comment, drop column soft_deleted_at`;

/** The columns of the plan's second phase, as it adds them. */
export const phaseTwo = `alter table project_versions
  add column is_published boolean default false, add column published_at timestamptz, add column published_by_user_id text,
  add column user_comment text, add column version_name varchar(100), add column version_description text,
  add column change_type varchar(10), add column major_version integer, add column minor_version integer,
  add column patch_version integer, add column prerelease text, add column breaking_risk text,
  add column auto_classified boolean, add column classification_confidence numeric(3,2), add column classification_reasoning text`;

export const idAsPrimaryKey = `alter table project_versions
  drop constraint project_versions_pkey, add primary key (id), add unique (version_id)`;

export const foreignKeys = `create table deployments (version_id text references project_versions (version_id));
  insert into deployments values ('01AAAAAAAAAAAAAAAAAAAAAA01');
  alter table project_versions add constraint parent_exists foreign key (parent_version_id) references project_versions (version_id);
  update project_versions v set version_metadata_id = m.version_id from project_versions_metadata m
   where m.version_id::text = v.version_id`;

export const touchUpdatedAt = (trigger: string): string =>
  `create function touch() returns trigger language plpgsql as $$ begin new.updated_at := now(); return new; end $$;
   create trigger ${trigger} before update on project_versions for each row execute function touch()`;

export const forcedRowSecurity = ['project_versions', 'project_versions_metadata']
  .map(
    (table) => `
      create policy own_rows on ${table} using (user_id = current_setting('app.user_id', true));
      alter table ${table} enable row level security;
      alter table ${table} force row level security;`,
  )
  .join('');

export const earlierBackups = `create table project_versions_backup as select version_id from project_versions limit 7;
  create table project_versions_metadata_backup as select * from project_versions_metadata where false`;

/** What was done in the new columns since: a number, an unpublication, two publications, a type nobody knows. */
const phaseTwoValues = `
  update project_versions set is_published = null where version_id = 'short';
  update project_versions set major_version = 4, minor_version = 5, patch_version = 6, version_name = 'Newer'
   where version_id = '01AAAAAAAAAAAAAAAAAAAAAA02';
  update project_versions set is_published = false, published_at = '2024-09-01Z', published_by_user_id = 'ada'
   where version_id = '01CCCCCCCCCCCCCCCCCCCCCC01';
  update project_versions set is_published = true, published_at = '2024-09-01Z' where project_id = 'p-types';
  update project_versions set major_version = 9, minor_version = 0, patch_version = 0, change_type = 'feature'
   where version_id = '01AAAAAAAAAAAAAAAAAAAAAA03'`;

/** What the plan's own consolidation leaves: everything is in the one table, and the other one has another name. */
export const consolidated = [
  tables,
  legacyVersions,
  phaseTwo,
  earlierBackups,
  `alter table project_versions drop constraint project_versions_version_metadata_id_fkey, drop column version_metadata_id;
   alter table project_versions_metadata rename to project_versions_metadata_old;
   update project_versions set major_version = 1, minor_version = 2, patch_version = 3, change_type = 'minor', version_name = 'There'
    where version_id = 'short';
   update project_versions set is_published = true, published_at = now() where project_id = 'p-types';
   update project_versions set change_type = 'hotfix' where version_id = '01EEEEEEEEEEEEEEEEEEEEEE02'`,
];

/** What makes each shape of database that the old system may have left, by name: the statements in order. */
export const legacyShapes: Record<string, string[]> = {
  'no tables': [],
  'both tables empty': [tables],
  'both filled': [tables, ...filled],
  'no publication columns': [tables, dropPublicationColumns, legacyVersions, legacyMetadata],
  'id as primary key': [tables, idAsPrimaryKey, ...filled],
  'foreign keys in both directions': [tables, ...filled, foreignKeys],
  'an updated_at trigger': [tables, ...filled, touchUpdatedAt('touch_updated_at')],
  'row-level security forced': [tables, ...filled, forcedRowSecurity],
  'backups of an earlier attempt': [tables, ...filled, earlierBackups],
  'the new columns there already': [
    tables,
    legacyVersions,
    phaseTwo,
    legacyMetadata,
    legacyPublications,
    phaseTwoValues,
  ],
};

/** All shapes with LONG=1; else the one that `from` says, so that the files of a run try different ones, and that SEED moves. */
export const someShapes = (from: number): string[] =>
  Object.keys(legacyShapes).filter((_, index) => LONG || index === (from + Number(process.env.SEED ?? 0)) % 10);

/** The columns of the plan's second phase in other widths. */
export const phaseTwoWider = phaseTwo
  .replace('version_name varchar(100)', 'version_name varchar(200)')
  .replace('change_type varchar(10)', 'change_type varchar(20)')
  .replace('numeric(3,2)', 'numeric(5,4)')
  .replace('prerelease text', 'prerelease varchar(20)');

/**
 * What makes the database that has least in common with one that the migrations make of nothing: everything that may be otherwise is. What is so of both
 * of them is what the migrations guarantee.
 */
export const leastInCommon = [
  tables,
  idAsPrimaryKey,
  phaseTwoWider,
  dropPublicationColumns,
  `alter table project_versions
     drop constraint project_versions_status_check, drop constraint chk_artifact_size_limit, drop constraint chk_artifact_checksum_format,
     drop constraint project_versions_version_metadata_id_fkey,
     alter column id set default md5(random()::text)::uuid, alter column needs_rebuild set default true,
     alter column created_at drop default, alter column updated_at drop default,
     alter column prompt drop not null, alter column status drop not null, alter column prompt type varchar,
     alter column preview_url type varchar(2048), alter column artifact_url type varchar(2048), alter column framework type varchar(50),
     alter column artifact_checksum type text, alter column ai_json type json, alter column output_size_bytes type bigint`,
  `alter table project_versions_metadata
     alter column major_version drop default, alter column minor_version drop default, alter column patch_version drop default,
     alter column auto_classified drop default, alter column files_changed drop default, alter column lines_added drop default,
     alter column lines_removed drop default, alter column created_at drop default, alter column change_type drop not null,
     alter column prerelease type text, alter column version_name type text, alter column change_type type varchar(40),
     alter column breaking_risk type text, alter column classification_confidence type numeric, alter column git_commit_sha type text,
     alter column git_tag type text, alter column project_id type text, alter column user_id type text`,
  forcedRowSecurity,
  earlierBackups,
  touchUpdatedAt('touch_updated_at'),
];

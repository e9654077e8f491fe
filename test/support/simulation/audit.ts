import type pg from 'pg';

/** One change of a version's row, in the order of commits within a project: its lock is held. */
export interface AuditRow {
  project_id: string;
  version_id: string;
  /** `numbered`: got its number; `renumbered`: got another; `overwritten`: what a person wrote was changed by the worker; `undone`: left ready. */
  event: 'numbered' | 'renumbered' | 'overwritten' | 'undone';
  number: [major: number, minor: number, patch: number, prerelease: string | null];
}

/** Has the database itself keep watch over what must never happen to a row, whoever changes it. */
export async function watchRows(owner: pg.Client): Promise<void> {
  await owner.query(`
    create table audit (id bigserial primary key, project_id text, version_id text, event text, number json);
    grant insert, select on audit to public;
    grant usage on sequence audit_id_seq to public;
    create function watch() returns trigger language plpgsql as $$
    declare
      old_number json := json_build_array(old.major_version, old.minor_version, old.patch_version, old.prerelease);
      new_number json := json_build_array(new.major_version, new.minor_version, new.patch_version, new.prerelease);
      seen text[] := '{}';
    begin
      if old.major_version is null and new.major_version is not null then seen := seen || 'numbered'::text; end if;
      if old.major_version is not null and old_number::text <> new_number::text then seen := seen || 'renumbered'::text; end if;
      if old.auto_classified = false and current_user like '%worker' and (
        (old.version_name is not null and old.version_name is distinct from new.version_name)
        or (old.change_type is not null and old.change_type is distinct from new.change_type)
        or new.auto_classified is distinct from false
      ) then seen := seen || 'overwritten'::text; end if;
      if old.metadata_status = 'ready' and new.metadata_status <> 'ready' then seen := seen || 'undone'::text; end if;
      insert into audit (project_id, version_id, event, number)
      select new.project_id, new.version_id, event, new_number from unnest(seen) event;
      return new;
    end $$;
    create trigger watch after update on project_versions for each row execute function watch();
  `);
}

-- As read_version_v2, with how long the parts of the build took, as the pipeline reported it.
create function public.read_version_v3(
  p_project text, p_version text, p_user text, p_prompts boolean
) returns setof json
language plpgsql stable security invoker
as $$
begin
  perform set_config('app.user_id', p_user, true);
  return query
  select json_build_object(
           'item', public.version_item_v1(r),
           'full_description', left(r.version_description, 5000),
           'reasoning', left(r.classification_reasoning, 1000),
           'generator', v.metadata_generator,
           'attempts', v.metadata_attempts,
           'ms', v.metadata_ms,
           'install_ms', v.install_duration_ms,
           'build_ms', r.build_duration_ms,
           'deploy_ms', v.deploy_duration_ms
         )
    from public.version_rows r
    join public.project_versions v on v.version_id = r.version_id
   where r.version_id = p_version and r.project_id = p_project and r.user_id = p_user;
  if found then
    return query
    select (r.document - 'recommendations')::json
      from public.version_recommendations r
     where r.version_id = p_version and r.user_id = p_user;
    return query
    select (case when p_prompts then one.value else one.value - 'prompt' end)::json
      from public.version_recommendations r,
           jsonb_array_elements(r.document -> 'recommendations') with ordinality one (value, position)
     where r.version_id = p_version and r.user_id = p_user
     order by one.position;
  end if;
end;
$$;

grant select (install_duration_ms, deploy_duration_ms) on public.project_versions to project_versions_api;
revoke execute on function public.read_version_v3 from public;
grant execute on function public.read_version_v3 to project_versions_api;

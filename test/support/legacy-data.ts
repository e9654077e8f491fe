/**
 * What the old system may have left in its two tables. Ids say what is odd about a version; project_id `p-...` says which
 * promise it is for. Made for the tables of the baseline; metadata without the publication columns leaves those out.
 */
export const legacyVersions = `
  insert into project_versions
    (version_id, project_id, user_id, prompt, status, created_at, updated_at, artifact_url, ai_json, build_duration_ms)
  values
    ('01AAAAAAAAAAAAAAAAAAAAAA01', 'p-plain', 'ada', 'first', 'deployed', '2024-01-01 10:00Z', '2024-01-01 11:00Z', 's3://a', '{"a": 1}', 900),
    ('01AAAAAAAAAAAAAAAAAAAAAA02', 'p-plain', 'ada', 'second', 'deployed', '2024-01-02 10:00Z', '2024-01-05 11:00Z', 's3://b', null, null),
    ('01AAAAAAAAAAAAAAAAAAAAAA03', 'p-plain', 'ada', 'no metadata', 'deployed', '2024-01-03 10:00Z', '2024-01-03 10:30Z', null, null, null),
    ('01AAAAAAAAAAAAAAAAAAAAAA04', 'p-plain', 'ada', 'failed', 'failed', '2024-01-04 10:00Z', '2024-01-04 10:10Z', null, null, null),
    ('01AAAAAAAAAAAAAAAAAAAAAA05', 'p-plain', 'ada', 'being built', 'building', '2024-01-05 10:00Z', '2024-01-05 10:00Z', null, null, null),
    ('01AAAAAAAAAAAAAAAAAAAAAA06', 'p-plain', 'ada', 'no created_at', 'deployed', null, '2024-01-06 10:00Z', null, null, null),
    ('short', 'p-short', 'bob', 'an id shorter than 26', 'deployed', '2024-02-01Z', '2024-02-02Z', null, null, null),
    ('01AAAAAAAAAAAAAAAAAAAAAA01-and-longer', 'p-long', 'bob', 'an id longer than 26', 'deployed', '2024-02-01Z', '2024-02-02Z', null, null, null),
    ('01BBBBBBBBBBBBBBBBBBBBBB01', 'p-mismatch', 'bob', 'metadata names another project', 'deployed', '2024-02-01Z', '2024-02-02Z', null, null, null),
    ('01BBBBBBBBBBBBBBBBBBBBBB02', 'p-mismatch', 'bob', 'metadata names another user', 'deployed', '2024-02-03Z', '2024-02-04Z', null, null, null),
    ('01CCCCCCCCCCCCCCCCCCCCCC01', 'p-equal', 'eve', 'a number', 'deployed', '2024-03-01Z', '2024-03-01Z', null, null, null),
    ('01CCCCCCCCCCCCCCCCCCCCCC02', 'p-equal', 'eve', 'the same number', 'deployed', '2024-03-02Z', '2024-03-02Z', null, null, null),
    ('01DDDDDDDDDDDDDDDDDDDDDD01', 'p-owners', 'eve', 'one owner', 'deployed', '2024-03-01Z', '2024-03-01Z', null, null, null),
    ('01DDDDDDDDDDDDDDDDDDDDDD02', 'p-owners', 'bob', 'another owner', 'deployed', '2024-03-02Z', '2024-03-02Z', null, null, null),
    ('01EEEEEEEEEEEEEEEEEEEEEE01', 'p-types', 'eve', 'rollback', 'deployed', '2024-04-01Z', '2024-04-01Z', null, null, null),
    ('01EEEEEEEEEEEEEEEEEEEEEE02', 'p-types', 'eve', 'unknown type', 'deployed', '2024-04-02Z', '2024-04-02Z', null, null, null);
`;

export const legacyMetadata = `
  insert into project_versions_metadata
    (version_id, project_id, user_id, major_version, minor_version, patch_version, prerelease, version_name, version_description,
     change_type, breaking_risk, auto_classified, classification_confidence, classification_reasoning, parent_version_id,
     base_version_id, from_recommendation_id, files_changed, lines_added, lines_removed, build_duration_ms, git_commit_sha, git_tag)
  values
    ('01AAAAAAAAAAAAAAAAAAAAAA01', 'p-plain', 'ada', 0, 3, 2, null, 'First', 'The first one', 'minor', 'low', true, 0.90, 'new page', null,
     null, 7, 12, 340, 5, 1200, 'c0ffee', 'v0.3.2'),
    ('01AAAAAAAAAAAAAAAAAAAAAA02', 'p-plain', 'ada', 1, 0, 0, 'rc.1', 'Second', 'The second one', 'major', 'high', false, null, null,
     '01AAAAAAAAAAAAAAAAAAAAAA01', '01AAAAAAAAAAAAAAAAAAAAAA01', null, 0, 0, 0, 700, null, null),
    ('short', 'p-short', 'bob', 1, 2, 3, '', 'Short', null, 'patch', null, true, 1.00, null, 'gone', 'short-base', null, 1, 2, 3, null, null, null),
    ('01BBBBBBBBBBBBBBBBBBBBBB01', 'p-other', 'bob', 1, 0, 0, null, 'Other project', 'not theirs', 'minor', null, true, null, null, null, null, null, 1, 1, 1, null, null, null),
    ('01BBBBBBBBBBBBBBBBBBBBBB02', 'p-mismatch', 'mallory', 1, 0, 0, null, 'Other user', 'not theirs', 'minor', null, true, null, null, null, null, null, 1, 1, 1, null, null, null),
    ('01CCCCCCCCCCCCCCCCCCCCCC01', 'p-equal', 'eve', 2, 0, 0, null, 'Two', null, 'major', null, true, null, null, null, null, null, 1, 1, 1, null, null, null),
    ('01CCCCCCCCCCCCCCCCCCCCCC02', 'p-equal', 'eve', 2, 0, 0, null, 'Two again', null, 'major', null, true, null, null, null, null, null, 1, 1, 1, null, null, null),
    ('01EEEEEEEEEEEEEEEEEEEEEE01', 'p-types', 'eve', 1, 0, 0, null, 'Back', null, 'rollback', null, true, null, null, null, null, null, 1, 1, 1, null, null, null),
    ('01EEEEEEEEEEEEEEEEEEEEEE02', 'p-types', 'eve', 1, 0, 1, null, 'Hot', null, 'hotfix', null, true, null, null, null, null, null, 1, 1, 1, null, null, null),
    ('01FFFFFFFFFFFFFFFFFFFFFF01', 'p-gone', 'eve', 1, 0, 0, null, 'No version', null, 'minor', null, true, null, null, null, null, null, 1, 1, 1, null, null, null);
  update project_versions_metadata set created_at = '2024-05-01Z';
`;

/** Three versions published in one project, one of them deleted; the one published last stays. */
export const legacyPublications = `
  update project_versions_metadata set is_published = true, published_at = '2024-06-01 10:00:00.123456Z', published_by_user_id = 'ada', user_comment = 'old'
   where version_id = '01AAAAAAAAAAAAAAAAAAAAAA01';
  update project_versions_metadata set is_published = true, published_at = '2024-06-02Z', published_by_user_id = 'ada', user_comment = 'new'
   where version_id = '01AAAAAAAAAAAAAAAAAAAAAA02';
  update project_versions_metadata set is_published = true, published_at = '2024-06-03Z'
   where version_id = '01CCCCCCCCCCCCCCCCCCCCCC01';
  update project_versions_metadata set is_published = true, published_at = '2024-06-04Z', soft_deleted_at = '2024-07-01Z'
   where version_id = '01CCCCCCCCCCCCCCCCCCCCCC02';
  update project_versions_metadata set is_published = true where version_id = '01BBBBBBBBBBBBBBBBBBBBBB01';
`;

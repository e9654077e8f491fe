import { ulid as mintUlid } from 'ulid';
import * as z from 'zod/mini';
import { metadataInput, metadataRequest } from './metadata/request.ts';
import { connect } from './platform/connection.ts';
import { required } from './platform/env.ts';
import { answer, command, replay, routes } from './platform/http.ts';
import { onceOf } from './platform/idempotency.ts';
import { parse } from './platform/parse.ts';
import { groupOf, Queue } from './platform/queue.ts';
import type { Handle } from './platform/request.ts';
import { identifier, ulid } from './platform/text.ts';
import { buildEnd, buildStart, recordEnd, recordStart } from './versions/record.ts';

const projectPath = z.strictObject({ projectId: identifier });
const versionPath = z.strictObject({ projectId: identifier, versionId: ulid });
const buildReport = z.extend(buildEnd, metadataInput);
const queue = new Queue(required('METADATA_QUEUE_URL'));

/** A build has started. */
const start: Handle = async (request, context) => {
  const { projectId } = parse(projectPath, request.pathParameters, 'path');
  const build = parse(buildStart, request.body);
  const versionId = build.versionId ?? mintUlid();
  const { version, created, replayed } = await recordStart(
    connect(context),
    projectId,
    versionId,
    build,
    onceOf(request),
  );
  return answer(created ? 201 : 200, version, replay(replayed));
};

/** A build has ended; a deployed one asks for its metadata. */
const end: Handle = async (request, context) => {
  const { projectId, versionId } = parse(versionPath, request.pathParameters, 'path');
  const report = parse(buildReport, request.body);
  const message = metadataRequest(projectId, versionId, report);
  const version = await recordEnd(connect(context), projectId, versionId, report, report.changes);
  const due = version.metadataStatus === 'pending' || version.metadataStatus === 'failed';
  if (version.status === 'deployed' && due) await queue.send({ body: message, group: groupOf(projectId) });
  return answer(200, version);
};

/** What the pipeline reports. */
export const handler = command(
  routes({
    'POST /pipeline/projects/{projectId}/versions': start,
    'PATCH /pipeline/projects/{projectId}/versions/{versionId}': end,
  }),
);

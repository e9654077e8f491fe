import { ulid as mintUlid } from 'ulid';
import * as z from 'zod';
import { metadataInput, metadataRequest } from './metadata/request.ts';
import { connect } from './platform/connection.ts';
import { required } from './platform/env.ts';
import { answer, command, replay } from './platform/http.ts';
import { onceOf } from './platform/idempotency.ts';
import { parse } from './platform/parse.ts';
import { Queue } from './platform/queue.ts';
import { identifier, ulid } from './platform/text.ts';
import { buildEnd, buildStart, recordEnd, recordStart } from './versions/record.ts';

const projectPath = z.strictObject({ projectId: identifier });
const versionPath = z.strictObject({ projectId: identifier, versionId: ulid });
const buildReport = buildEnd.extend(metadataInput);
const queue = new Queue(required('METADATA_QUEUE_URL'));

/**
 * What the pipeline reports. POST /pipeline/projects/{projectId}/versions: a build has started.
 * PATCH .../{versionId}: it has ended; a deployed one asks for its metadata.
 */
export const handler = command(async (request, context) => {
  const database = connect(context);
  if (request.requestContext.http.method === 'POST') {
    const { projectId } = parse(projectPath, request.pathParameters, 'path');
    const start = parse(buildStart, request.body);
    const versionId = start.versionId ?? mintUlid();
    const { version, created, replayed } = await recordStart(database, projectId, versionId, start, onceOf(request));
    return answer(created ? 201 : 200, version, replay(replayed));
  }
  const { projectId, versionId } = parse(versionPath, request.pathParameters, 'path');
  const report = parse(buildReport, request.body);
  const message = metadataRequest(projectId, versionId, report);
  const version = await recordEnd(database, projectId, versionId, report, report.changes);
  const due = version.metadataStatus === 'pending' || version.metadataStatus === 'failed';
  if (version.status === 'deployed' && due) await queue.send(message);
  return answer(200, version);
});

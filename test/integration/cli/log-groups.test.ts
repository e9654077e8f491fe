import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LogLine } from '../../../infra/cli/log-entry.ts';
import { logGroups, PACE_MS, PATIENT } from '../../../infra/cli/log-groups.ts';
import { synthesizeTemplate } from '../../support/template.ts';

/*
 * There is no CloudWatch here. What is tested is that the SDK's requests ask for what they should, and that pages are put together: the answers are those
 * of the API references, https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListStackResources.html and
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html; nobody has seen the services answer.
 */
const asked: Record<string, unknown>[] = [];
let server: Server;
/** Calls that are still to be refused. */
let tooMany = 0;
let source: ReturnType<typeof logGroups>;

beforeAll(async () => {
  const template = await synthesizeTemplate();
  const groups = Object.entries(template.Resources).filter(([, { Type }]) => Type === 'AWS::Logs::LogGroup');
  const page = (names: string[], next?: string) =>
    `<ListStackResourcesResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><ListStackResourcesResult><StackResourceSummaries>${names
      .map(
        (id) =>
          `<member><LogicalResourceId>${id}</LogicalResourceId><PhysicalResourceId>group-of-${id}</PhysicalResourceId><ResourceType>AWS::Logs::LogGroup</ResourceType><ResourceStatus>CREATE_COMPLETE</ResourceStatus><LastUpdatedTimestamp>2026-01-01T00:00:00Z</LastUpdatedTimestamp></member>`,
      )
      .join(
        '',
      )}</StackResourceSummaries>${next ? `<NextToken>${next}</NextToken>` : ''}</ListStackResourcesResult></ListStackResourcesResponse>`;
  const ids = groups.map(([id]) => id);
  const xml = (body: string, more: boolean): string => {
    if (body.includes('Action=GetTemplate'))
      return `<GetTemplateResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><GetTemplateResult><TemplateBody>${JSON.stringify(
        template,
      )
        .replaceAll('&', '&amp;')
        .replaceAll('<', '&lt;')}</TemplateBody></GetTemplateResult></GetTemplateResponse>`;
    return more ? page(ids.slice(5)) : page(ids.slice(0, 5), 'more');
  };
  const json = (request: { nextToken?: string }) =>
    request.nextToken
      ? {
          events: [
            { logStreamName: 's', timestamp: 2_000, message: 'END RequestId: 1\n', ingestionTime: 1, eventId: 'b' },
          ],
        }
      : {
          events: [
            { logStreamName: 's', timestamp: 1_000, message: '{"level":"INFO"}\n', ingestionTime: 1, eventId: 'a' },
          ],
          nextToken: 'more',
        };
  server = createServer(async (request, response) => {
    const body = await text(request);
    const target = request.headers['x-amz-target'];
    if (target && tooMany-- > 0) {
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' });
      return response.end('{"__type":"ThrottlingException","message":"Rate exceeded"}');
    }
    if (target) asked.push({ target, ...JSON.parse(body) });
    response.setHeader('content-type', target ? 'application/x-amz-json-1.1' : 'text/xml');
    response.end(target ? JSON.stringify(json(JSON.parse(body))) : xml(body, body.includes('NextToken=more')));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = {
    endpoint: `http://127.0.0.1:${port}`,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  };
  source = logGroups('Shop', new CloudFormationClient(client), new CloudWatchLogsClient({ ...client, ...PATIENT }));
});
afterAll(() => server.close());

test('the functions of a deployed stack are found with their log groups, and read page by page', async () => {
  expect(await source.functions()).toEqual(
    expect.arrayContaining(['ListVersions', 'CheckIntegrity', 'ApplyMigrations']),
  );
  const lines: LogLine[] = [];
  for await (const line of source.read('CheckIntegrity', 500, '01J-x')) lines.push(line);
  expect(lines).toEqual([
    { id: 'a', at: 1_000, function: 'CheckIntegrity', text: '{"level":"INFO"}' },
    { id: 'b', at: 2_000, function: 'CheckIntegrity', text: 'END RequestId: 1' },
  ]);
  const request = {
    target: 'Logs_20140328.FilterLogEvents',
    logGroupName: expect.stringMatching(/^group-of-IntegrityCheckIntegrityLog/),
    startTime: 500,
    filterPattern: '"01J-x"',
  };
  expect(asked).toEqual([request, { ...request, nextToken: 'more' }]);
});

test('CloudWatch is asked no oftener than it lets itself be, and again when others have used that up', async () => {
  asked.length = 0;
  // As often as the SDK asks by itself.
  tooMany = 3;
  const begun = Date.now();
  const read = async (name: string) => {
    const lines: LogLine[] = [];
    for await (const line of source.read(name, 500)) lines.push(line);
    return lines.length;
  };
  expect(await Promise.all(['ListVersions', 'ReadVersion', 'ChangeVersion'].map(read))).toEqual([2, 2, 2]);
  expect(asked).toHaveLength(6);
  expect(Date.now() - begun).toBeGreaterThanOrEqual(5 * PACE_MS - 10);
});

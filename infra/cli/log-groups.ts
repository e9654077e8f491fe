import { setTimeout as sleep } from 'node:timers/promises';
import {
  CloudFormationClient,
  GetTemplateCommand,
  paginateListStackResources,
  type StackResourceSummary,
} from '@aws-sdk/client-cloudformation';
import {
  CloudWatchLogsClient,
  FilterLogEventsCommand,
  type FilterLogEventsCommandOutput,
} from '@aws-sdk/client-cloudwatch-logs';
import type { LogSource } from './log-source.ts';

interface Template {
  Resources: Record<string, { Type: string; Properties?: { LoggingConfig?: { LogGroup?: { Ref?: string } } } }>;
}

/**
 * FilterLogEvents may be called five times a second in most regions, by everybody in the account, and that cannot be raised
 * (https://repost.aws/knowledge-center/cloudwatch-logs-throttling). A stack has more functions than that: calls are so far apart.
 */
export const PACE_MS = 250;
/** For when others call too. */
export const PATIENT = { maxAttempts: 8 } as const;
const AGAIN_MS = 5_000;

/**
 * The logs of a deployed stack, a log group a function: which one, its template says. Read with FilterLogEvents, page by page.
 *
 * @throws the SDK's errors: without a right the message names it
 */
export function logGroups(
  stack: string,
  cloudFormation = new CloudFormationClient({}),
  logs = new CloudWatchLogsClient(PATIENT),
): LogSource {
  let groups: Promise<Map<string, string>> | undefined;
  const known = () => {
    groups ??= groupsOf(cloudFormation, stack);
    return groups;
  };
  let free = 0;
  const turn = (): Promise<void> => {
    const now = Date.now();
    const mine = Math.max(now, free);
    free = mine + PACE_MS;
    return sleep(mine - now);
  };
  return {
    againMs: AGAIN_MS,
    functions: async () => [...(await known()).keys()],
    async *read(name, since, containing) {
      const input = {
        logGroupName: (await known()).get(name),
        startTime: since,
        // In quotes it is a text, not a pattern.
        ...(containing === undefined ? {} : { filterPattern: JSON.stringify(containing) }),
      };
      let page: FilterLogEventsCommandOutput | undefined;
      do {
        await turn();
        page = await logs.send(new FilterLogEventsCommand({ ...input, nextToken: page?.nextToken }));
        for (const { eventId: id = '', timestamp: at = 0, message = '' } of page.events ?? [])
          yield { id, at, function: name, text: message.trimEnd() };
      } while (page.nextToken);
    },
  };
}

/** The log group of each function, by its logical id. */
async function groupsOf(client: CloudFormationClient, StackName: string): Promise<Map<string, string>> {
  const { TemplateBody = '{}' } = await client.send(new GetTemplateCommand({ StackName }));
  const { Resources } = JSON.parse(TemplateBody) as Template;
  const physical = new Map<string, string>();
  for await (const { StackResourceSummaries = [] } of paginateListStackResources({ client }, { StackName })) {
    for (const { LogicalResourceId = '', PhysicalResourceId = '' } of StackResourceSummaries as StackResourceSummary[])
      physical.set(LogicalResourceId, PhysicalResourceId);
  }
  return new Map(
    Object.entries(Resources).flatMap(([id, { Type, Properties }]): [string, string][] => {
      const group = physical.get(Properties?.LoggingConfig?.LogGroup?.Ref ?? '');
      return Type === 'AWS::Lambda::Function' && group ? [[id, group]] : [];
    }),
  );
}

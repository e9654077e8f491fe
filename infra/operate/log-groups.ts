import {
  CloudFormationClient,
  GetTemplateCommand,
  paginateListStackResources,
  type StackResourceSummary,
} from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import type { LogSource } from './log-source.ts';

interface Template {
  Resources: Record<string, { Type: string; Properties?: { LoggingConfig?: { LogGroup?: { Ref?: string } } } }>;
}

/**
 * The logs of a deployed stack, a log group a function: which one, its template says. Read with FilterLogEvents, page by page.
 *
 * @throws the SDK's errors: without a right the message names it
 */
export function logGroups(
  stack: string,
  cloudFormation = new CloudFormationClient({}),
  logs = new CloudWatchLogsClient({}),
): LogSource {
  let groups: Promise<Map<string, string>> | undefined;
  const known = () => {
    groups ??= groupsOf(cloudFormation, stack);
    return groups;
  };
  return {
    functions: async () => [...(await known()).keys()],
    async *read(name, since, containing) {
      const input = {
        logGroupName: (await known()).get(name),
        startTime: since,
        // In quotes it is a text, not a pattern.
        ...(containing === undefined ? {} : { filterPattern: JSON.stringify(containing) }),
      };
      for await (const { events = [] } of paginateFilterLogEvents({ client: logs }, input)) {
        for (const { eventId: id = '', timestamp: at = 0, message = '' } of events)
          yield { id, at, function: name, text: message.trimEnd() };
      }
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

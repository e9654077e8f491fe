import type { InvocationResult } from '../lambda/invocation.ts';

/**
 * Which messages of a batch are done and may be deleted. The others become visible again when their visibility timeout ends.
 *
 * With ReportBatchItemFailures an answer that is not understood (bad JSON, a wrong key, an empty, null or unknown identifier) fails the whole batch; an
 * empty one is a success. Without it any answer is a success. A function error fails the whole batch either way.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
 */
export function succeeded(
  messageIds: readonly string[],
  result: InvocationResult,
  reportsItemFailures: boolean,
): string[] {
  if (!result.ok) return [];
  if (!reportsItemFailures) return [...messageIds];
  const failed = failedItems(result.payload, messageIds);
  return failed === 'all' ? [] : messageIds.filter((messageId) => !failed.has(messageId));
}

function failedItems(payload: string, messageIds: readonly string[]): ReadonlySet<string> | 'all' {
  const answer: unknown = JSON.parse(payload);
  if (answer === null || answer === '') return new Set();
  if (typeof answer !== 'object') return 'all';
  const { batchItemFailures } = answer as { batchItemFailures?: unknown };
  if (batchItemFailures === undefined || batchItemFailures === null) return new Set();
  if (!Array.isArray(batchItemFailures)) return 'all';
  const identifiers = batchItemFailures.map((item) => (item as { itemIdentifier?: unknown } | null)?.itemIdentifier);
  const understood = identifiers.every(
    (identifier) => typeof identifier === 'string' && messageIds.includes(identifier),
  );
  return understood ? new Set(identifiers as string[]) : 'all';
}

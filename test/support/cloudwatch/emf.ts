import * as z from 'zod';

/** One value of a metric, as CloudWatch takes it out of a line of a log. */
export interface Sample {
  namespace: string;
  name: string;
  dimensions: Record<string, string>;
  unit: string;
  value: number;
  /** Epoch ms. */
  at: number;
}

// Limits and members: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
const name = z.string().min(1).max(1_024);
const Metadata = z.object({
  Timestamp: z.int().positive(),
  CloudWatchMetrics: z.array(
    z.strictObject({
      Namespace: name.regex(/^[^:]/),
      Dimensions: z.array(z.array(z.string().min(1).max(250)).max(30)).min(1),
      Metrics: z
        .array(
          z.strictObject({
            Name: name,
            Unit: z.enum(['Count', 'Seconds', 'Milliseconds', 'Count/Second', 'None']).default('None'),
            StorageResolution: z.union([z.literal(1), z.literal(60)]).optional(),
          }),
        )
        .max(100),
    }),
  ),
});
const Value = z.union([z.number(), z.array(z.number()).min(1).max(100)]);

/**
 * The metrics in a line of a function's log: of each directive, each metric in each of its dimension sets. None in a line that is something else.
 *
 * @throws when a line means to hold metrics and CloudWatch would take none out of it
 */
export function readEmf(line: string): Sample[] {
  const document = documentIn(line);
  if (document?._aws === undefined) return [];
  const { Timestamp: at, CloudWatchMetrics } = Metadata.parse(document._aws);
  return CloudWatchMetrics.flatMap(({ Namespace: namespace, Dimensions, Metrics }) =>
    Dimensions.flatMap((names) => {
      const dimensions = Object.fromEntries(names.map((each) => [each, z.string().max(1_024).parse(document[each])]));
      return Metrics.flatMap(({ Name, Unit: unit }) =>
        [Value.parse(document[Name])].flat().map((value) => ({ namespace, name: Name, dimensions, unit, value, at })),
      );
    }),
  );
}

function documentIn(line: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(line);
  } catch {
    // The whole message has to be the document; one with something around it is text to CloudWatch.
    if (line.includes('"_aws"')) throw new Error(`metrics in a line that is no JSON by itself: ${line.slice(0, 200)}`);
    return undefined;
  }
}

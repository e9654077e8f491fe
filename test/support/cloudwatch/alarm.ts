import * as z from 'zod';
import { ofType, type Template, textOf } from '../template.ts';

/** One metric of an alarm. Seconds. */
export interface MetricOfAlarm {
  id: string;
  namespace: string;
  name: string;
  dimensions: Record<string, string>;
  statistic: string;
  period: number;
}

/** An alarm as its template defines it. */
export interface AlarmOfTemplate {
  id: string;
  metrics: MetricOfAlarm[];
  /** Over the metrics' ids; without one the alarm is about its only metric. */
  expression: string | undefined;
  threshold: number;
  comparison: 'GreaterThanOrEqualToThreshold' | 'LessThanThreshold';
  evaluationPeriods: number;
  datapointsToAlarm: number;
  missing: 'breaching' | 'notBreaching' | 'ignore' | 'missing';
}

const text = z.unknown().transform(textOf);
const Dimensions = z.array(z.strictObject({ Name: z.string(), Value: text }));
const Metric = z.strictObject({ Namespace: z.string(), MetricName: z.string(), Dimensions });
const Query = z.strictObject({
  Id: z.string(),
  Label: z.string().optional(),
  Expression: z.string().optional(),
  MetricStat: z.strictObject({ Metric, Period: z.int(), Stat: z.string() }).optional(),
  ReturnData: z.boolean(),
});
const Properties = z.strictObject({
  ActionsEnabled: z.literal(true).optional(),
  AlarmActions: z.unknown(),
  OKActions: z.unknown(),
  AlarmDescription: text,
  AlarmName: text,
  ...Metric.partial().shape,
  Period: z.int().optional(),
  Statistic: z.string().optional(),
  ExtendedStatistic: z.string().optional(),
  Metrics: z.array(Query).optional(),
  Threshold: z.number(),
  ComparisonOperator: z.enum(['GreaterThanOrEqualToThreshold', 'LessThanThreshold']),
  EvaluationPeriods: z.int(),
  DatapointsToAlarm: z.int(),
  TreatMissingData: z.enum(['breaching', 'notBreaching', 'ignore', 'missing']),
});

/** The alarms of a template, for a stack of this name. @throws on a property whose meaning is not known here */
export const alarmsOf = (template: Template, stackName: string): AlarmOfTemplate[] =>
  Object.entries(ofType(template, 'AWS::CloudWatch::Alarm')).map(([id, { Properties: given }]) => {
    const of = Properties.parse(given);
    const metric = ({ Namespace, MetricName, Dimensions }: z.output<typeof Metric>) => ({
      namespace: Namespace,
      name: MetricName,
      dimensions: Object.fromEntries(
        Dimensions.map(({ Name, Value }) => [Name, Value.replaceAll('AWS::StackName', stackName)]),
      ),
    });
    const metrics = of.Metrics
      ? of.Metrics.flatMap(({ Id, MetricStat }) =>
          MetricStat
            ? [{ id: Id, ...metric(MetricStat.Metric), statistic: MetricStat.Stat, period: MetricStat.Period }]
            : [],
        )
      : [
          {
            id: 'm',
            ...metric(Metric.parse(pick(of, ['Namespace', 'MetricName', 'Dimensions']))),
            statistic: z.string().parse(of.Statistic ?? of.ExtendedStatistic),
            period: z.int().parse(of.Period),
          },
        ];
    return {
      id,
      metrics,
      expression: of.Metrics?.find(({ ReturnData }) => ReturnData)?.Expression,
      threshold: of.Threshold,
      comparison: of.ComparisonOperator,
      evaluationPeriods: of.EvaluationPeriods,
      datapointsToAlarm: of.DatapointsToAlarm,
      missing: of.TreatMissingData,
    };
  });

const pick = <T extends object, K extends keyof T>(from: T, keys: K[]) =>
  Object.fromEntries(keys.map((key) => [key, from[key]]));

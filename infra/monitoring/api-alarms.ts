import { Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { AlarmDefinition } from './alarm.ts';
import { combined, ofAws, ours } from './metrics.ts';

export interface WatchedApi {
  apiId: string;
  /** Whether a first request may have to wait for the database to resume, about 15 s. */
  mayPause: boolean;
}

/** A metric of the HTTP API: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html */
export const ofApi = (apiId: string, metricName: string, statistic: string, label?: string) =>
  ofAws('AWS/ApiGateway', metricName, { dimensions: { ApiId: apiId }, statistic, label });

/** What a caller notices first: answers that fail, come late, or are refused. */
export const apiAlarms = ({ apiId, mayPause }: WatchedApi): AlarmDefinition[] => [
  {
    id: 'ApiErrorsAlarm',
    means: 'More than 1 % of the API’s answers are 5xx.',
    // From five on: at night one failure is a large share of few. Twice in a quarter of an hour: a deployment or a failover is over by then.
    metric: combined(
      'IF(failed >= 5, 100 * failed / requests, 0)',
      { failed: ofApi(apiId, '5xx', Stats.SUM), requests: ofApi(apiId, 'Count', Stats.SUM) },
      'answers that are 5xx, %',
    ),
    atLeast: 1,
    periods: 3,
    breaches: 2,
  },
  {
    id: 'DefectAlarm',
    means: 'A function answered 500, which it does only when something happens that nobody foresaw.',
    // However rare: a second one within half an hour says that it comes again.
    metric: ours('Answers500'),
    atLeast: 1,
    periods: 6,
    breaches: 2,
  },
  {
    id: 'ApiLatencyAlarm',
    means: 'One in a hundred requests takes so long that people go away.',
    // Milliseconds. A list takes some ten, a cold start a second; so a quarter of an hour of three seconds is neither.
    metric: ofApi(apiId, 'Latency', Stats.percentile(99)),
    atLeast: mayPause ? 20_000 : 3_000,
    periods: 3,
  },
  {
    id: 'ApiThrottlesAlarm',
    means: 'Requests are refused with 429: there are more than throttleRate and throttleBurst allow.',
    // A page that loads at once for many users refuses some, once; who goes on for ten minutes is more traffic or a loop.
    metric: ours('RequestsThrottled'),
    atLeast: 50,
    periods: 3,
    breaches: 2,
  },
];

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
    // At least five failures, because one is a large share of the few requests at night. Two periods, because a deployment or a failover ends within one.
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
    means: 'A function answered 500: an error that the code does not handle.',
    // A second one within half an hour: the error recurs.
    metric: ours('Answers500'),
    atLeast: 1,
    periods: 6,
    breaches: 2,
  },
  {
    id: 'ApiLatencyAlarm',
    means: `The slowest 1 % of requests take more than ${mayPause ? 20 : 3} seconds.`,
    // Milliseconds. A list takes some ten, a cold start a second; so a quarter of an hour of three seconds is neither.
    metric: ofApi(apiId, 'Latency', Stats.percentile(99)),
    atLeast: mayPause ? 20_000 : 3_000,
    periods: 3,
  },
  {
    id: 'ApiThrottlesAlarm',
    means: 'Requests are rejected with 429: they exceed throttleRate and throttleBurst.',
    // A page that many users load at once causes one burst. Ten minutes of it are more traffic, or a client in a loop.
    metric: ours('RequestsThrottled'),
    atLeast: 50,
    periods: 3,
    breaches: 2,
  },
];

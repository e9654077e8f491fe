import autocannon, { type Request } from 'autocannon';
import { type Sample, sampleOf } from '../sample.ts';
import type { LoadedStack } from './loaded-stack.ts';
import { type ProcessorTimes, processorTimes } from './processors.ts';

/** Milliseconds of a request, on average, by what takes them; they add up to what its client saw. */
export interface Parts {
  client: number;
  gateway: number;
  functions: number;
  dataApi: number;
  postgres: number;
}

/** What so many connections, each with one request under way, got. */
export interface Level {
  connections: number;
  requests: number;
  /** Requests a second: the mean, and of whole seconds the least and the most. */
  perSecond: { mean: number; min: number; max: number };
  ms: Sample;
  /** Answers that are no 2xx, by status. */
  refused: Record<string, number>;
  /** Connections that broke, and answers that took too long. */
  errors: number;
  parts: Parts;
  /** A request. */
  dataApiCalls: number;
  /** A request, in the log groups of functions; the API's access log comes on top. */
  logBytes: number;
  /** Seconds of processor time a second; undefined where there is no /proc. */
  processors: ProcessorTimes | undefined;
}

/** Processes are started, and queries planned, before anything counts. */
const WARM_UP_SECONDS = 1;

/** Loads a stack with so many connections for so many seconds. `requests` gives each connection its own. */
export async function loadLevel(
  stack: LoadedStack,
  connections: number,
  seconds: number,
  requests: (client: number) => Request[],
): Promise<Level> {
  await cannonade(stack.api, connections, WARM_UP_SECONDS, requests);
  await stack.take();
  const before = processorTimes(stack.pid);
  const { result, times } = await cannonade(stack.api, connections, seconds, requests);
  const after = processorTimes(stack.pid);
  const taken = await stack.take();

  const { gateway, functions, dataApi, postgresMs } = taken;
  const mean = ({ ms, count }: { ms: number; count: number }): number => ms / count;
  // Each by its own count: what was under way at the end has no answer and has been worked on.
  const client = times.reduce((sum, ms) => sum + ms, 0) / times.length;
  const dataApiCalls = dataApi.count / functions.count;
  const statuses = Object.entries(result.statusCodeStats ?? {}).filter(([status]) => !status.startsWith('2'));
  return {
    connections,
    requests: times.length,
    perSecond: { mean: times.length / result.duration, min: result.requests.min, max: result.requests.max },
    ms: sampleOf(times),
    refused: Object.fromEntries(statuses.map(([status, { count: refused = 0 }]) => [status, refused])),
    errors: result.errors,
    parts: {
      client: client - mean(gateway),
      gateway: mean(gateway) - mean(functions),
      functions: mean(functions) - mean(dataApi) * dataApiCalls,
      dataApi: (mean(dataApi) - postgresMs / dataApi.count) * dataApiCalls,
      postgres: postgresMs / functions.count,
    },
    dataApiCalls,
    logBytes: taken.logBytes / functions.count,
    processors: before && after && perSecond(before, after, result.duration),
  };
}

async function cannonade(
  url: string,
  connections: number,
  duration: number,
  requests: (client: number) => Request[],
): Promise<{ result: autocannon.Result; times: number[] }> {
  const times: number[] = [];
  let client = 0;
  const result = await new Promise<autocannon.Result>((settle, fail) => {
    const instance = autocannon(
      {
        ...{ url, connections, duration, timeout: 30 },
        setupClient: (one) => {
          one.setRequests(requests(client));
          client += 1;
        },
      },
      (error, done) => (error ? fail(error) : settle(done)),
    );
    instance.on('response', (_client, _status, _bytes, ms) => times.push(ms));
  });
  return { result, times };
}

const perSecond = (before: ProcessorTimes, after: ProcessorTimes, seconds: number): ProcessorTimes => ({
  stack: (after.stack - before.stack) / seconds,
  functions: (after.functions - before.functions) / seconds,
  postgres: (after.postgres - before.postgres) / seconds,
  client: (after.client - before.client) / seconds,
});

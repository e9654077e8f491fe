import { strict as assert } from 'node:assert';
import { startWorker } from '../../../infra/local/lambda/worker.ts';
import type { MigratedDatabase } from '../../support/migrate-database.ts';
import type { Candidate, CandidateName } from './candidates.ts';

/** As the template has it for list-versions (infra/stack.ts, infra/constructs/service-function.ts). */
const MEMORY_MEGABYTES = 1_024;
const ENVIRONMENT = {
  POWERTOOLS_SERVICE_NAME: 'project-versions',
  POWERTOOLS_LOG_LEVEL: 'INFO',
};

const WARM_UP = 3;

/** What each candidate took, in order of the turns. */
export type Times = Record<CandidateName, number[]>;

/**
 * Starts each candidate `turns` times and gives each process one event: the milliseconds from spawning it to its answer. In turn, every other turn
 * backwards, so that no candidate always comes after the same one.
 */
export async function timeStarts(
  candidates: Candidate[],
  turns: number,
  system: MigratedDatabase,
  event: object,
): Promise<Times> {
  const times = Object.fromEntries(candidates.map(({ name }) => [name, [] as number[]])) as Times;
  for (let turn = -WARM_UP; turn < turns; turn += 1)
    for (const candidate of turn % 2 === 0 ? candidates : candidates.toReversed()) {
      const taken = await timeStart(candidate, system, event);
      if (turn >= 0) times[candidate.name].push(taken);
    }
  return times;
}

async function timeStart({ name, login, code }: Candidate, system: MigratedDatabase, event: object): Promise<number> {
  const lines: string[] = [];
  const config = {
    ...{ logicalId: name, name, arn: `arn:aws:lambda:us-east-1:000000000000:function:${name}`, code },
    ...{ handler: 'index.handler', timeoutSeconds: 28, memoryMegabytes: MEMORY_MEGABYTES },
    reservedConcurrency: undefined,
    environment: {
      ...ENVIRONMENT,
      DATABASE_CLUSTER_ARN: system.arns.cluster,
      DATABASE_SECRET_ARN: system.arns[login],
      DATABASE_NAME: system.test.database,
    },
  };
  const began = performance.now();
  const worker = await startWorker(config, {
    region: 'us-east-1',
    credentials: { accessKeyId: 'ASIABENCH00000000000', secretAccessKey: 'bench', sessionToken: 'bench' },
    log: { file: '', write: (line) => void lines.push(line), lines: () => lines, close: () => {} },
    endpoints: () => ({ AWS_ENDPOINT_URL_RDS_DATA: system.dataApi.url }),
  });
  const result = await worker.invoke({ requestId: 'bench', payload: JSON.stringify(event) });
  const taken = performance.now() - began;
  await worker.stop();
  const answered = result.ok && JSON.parse(result.payload).statusCode === 200;
  assert(answered, `${name} answered ${JSON.stringify(result)}: ${lines.join('\n')}`);
  return taken;
}

import { spawnSync } from 'node:child_process';
import { createServer, get, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { ServerMeter } from '../../bench/load/server-times.ts';
import { MIX, requestsOf } from '../../bench/load/traffic.ts';

const BENCH = join(import.meta.dirname, '../../bench');
const run = (file: string, ...args: string[]) =>
  spawnSync(process.execPath, [join(BENCH, file), ...args], { encoding: 'utf8' });

describe('the command line', () => {
  it.each([
    ['load/main.ts', '--duration', '0', '--duration: got "0", allowed is a whole number from 1 to 60'],
    [
      'main.ts',
      '--only',
      'speed',
      '--only: got "speed", allowed is one of list, indexes, metadata, rules, start, load, migrations',
    ],
  ])('%s %s %s is not understood', (file, option, value, message) => {
    expect(run(file, option, value)).toMatchObject({ status: 2, stderr: `${message}\n`, stdout: '' });
  });
});

describe('the requests of a client', () => {
  const projects = ['a', 'b', 'c'].map((name) => ({
    ...{ path: `/projects/${name}/versions`, authorization: name, cursors: ['?cursor=next'] },
    ...{ versions: [`${name}1`, `${name}2`], publishable: [`${name}1`] },
  }));

  it('are a hundred of the mix, the same for the same client and others for another', () => {
    const requests = requestsOf(projects, 1);
    const count = (pattern: RegExp) => requests.filter(({ path = '' }) => pattern.test(path)).length;
    expect({
      'first page': count(/versions$/),
      'page after a cursor': count(/cursor=/),
      'one version': count(/versions\/[abc]\d$/),
      publish: count(/publish$/),
    }).toEqual(MIX);
    expect(requestsOf(projects, 1)).toEqual(requests);
    expect(requestsOf(projects, 2)).not.toEqual(requests);
  });

  it('speak of a project with the token of its owner', () => {
    for (const { path, headers } of requestsOf(projects, 3))
      expect(path).toMatch(new RegExp(`^/projects/${headers?.authorization}/`));
  });
});

describe('the meter', () => {
  const servers: ReturnType<typeof createServer>[] = [];
  const serve = async (listener: RequestListener): Promise<string> => {
    const server = createServer(listener);
    servers.push(server);
    await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const ask = (url: string): Promise<void> =>
    new Promise((settle, fail) => get(url, (response) => response.resume().on('end', settle)).on('error', fail));
  afterEach(() => {
    for (const server of servers.splice(0)) server.close().closeAllConnections();
  });

  it('knows what gateway, functions and Data API take, each of its own', async () => {
    const slow = (ms: number) => serve((_, response) => void sleep(ms).then(() => response.end()));
    const [gateway, dataApi, other, runtime] = [await slow(60), await slow(20), await slow(5), await slow(0)];
    const meter = new ServerMeter({ gateway, dataApi });
    await Promise.all([gateway, dataApi, dataApi, other].map(ask));
    await ask(`${runtime}/2018-06-01/runtime/invocation/next`);
    await sleep(40);
    await ask(`${runtime}/2018-06-01/runtime/invocation/1/response`);

    const taken = await meter.take();
    expect([taken.gateway.count, taken.dataApi.count, taken.functions.count]).toEqual([1, 2, 1]);
    // A timer may come a millisecond early.
    expect(taken.gateway.ms).toBeGreaterThanOrEqual(59);
    expect(taken.dataApi.ms).toBeGreaterThanOrEqual(38);
    expect(taken.dataApi.ms).toBeLessThan(taken.gateway.ms * 2);
    expect(taken.functions.ms).toBeGreaterThanOrEqual(39);
    expect((await meter.take()).gateway.count).toBe(0);
  });
});

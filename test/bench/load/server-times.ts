import diagnostics from 'node:diagnostics_channel';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a server of the stack has answered: how often, and what that took in all, in milliseconds. */
interface Answered {
  count: number;
  ms: number;
}

export interface ServerTimes {
  gateway: Answered;
  /** From the event being handed to a process until its answer begins to come back. */
  functions: Answered;
  dataApi: Answered;
}

interface HttpEvent {
  request: IncomingMessage;
  response: ServerResponse;
  server: Server;
}

/** Longer than any step of a request without another. */
const QUIET_MS = 200;

const NEXT = '/2018-06-01/runtime/invocation/next';
const ANSWER = /^\/2018-06-01\/runtime\/invocation\/[^/]+\/(response|error)$/;

/**
 * Times the HTTP servers of a stack that runs in this process by what Node itself tells of them (`http.server.request.start`, `http.server.response.finish`), so that
 * nothing in the stack is there for the measurement.
 */
export class ServerMeter {
  readonly #ports: { gateway: number; dataApi: number };
  readonly #began = new WeakMap<IncomingMessage, number>();
  readonly #handedOver = new WeakMap<Server, number>();
  #times = none();
  #last = 0;

  constructor(addresses: { gateway: string; dataApi: string }) {
    this.#ports = { gateway: portOf(addresses.gateway), dataApi: portOf(addresses.dataApi) };
    diagnostics.subscribe('http.server.request.start', (event) => this.#start(event as HttpEvent));
    diagnostics.subscribe('http.server.response.finish', (event) => this.#finish(event as HttpEvent));
  }

  /** What was answered since the last time, when nothing is under way any more: what a client no longer waits for goes on. */
  async take(): Promise<ServerTimes> {
    while (performance.now() - this.#last < QUIET_MS) await sleep(QUIET_MS / 4);
    const taken = this.#times;
    this.#times = none();
    return taken;
  }

  #start({ request, server }: HttpEvent): void {
    const now = performance.now();
    this.#last = now;
    this.#began.set(request, now);
    const handedOver = this.#handedOver.get(server);
    if (handedOver !== undefined && ANSWER.test(request.url ?? '')) add(this.#times.functions, now - handedOver);
  }

  #finish({ request, server }: HttpEvent): void {
    const now = performance.now();
    if (request.url === NEXT) {
      this.#handedOver.set(server, now);
      return;
    }
    const { port } = (server.address() ?? {}) as Partial<AddressInfo>;
    const of =
      port === this.#ports.gateway
        ? this.#times.gateway
        : port === this.#ports.dataApi
          ? this.#times.dataApi
          : undefined;
    if (of !== undefined) add(of, now - (this.#began.get(request) ?? now));
  }
}

const none = (): ServerTimes => ({
  gateway: { count: 0, ms: 0 },
  functions: { count: 0, ms: 0 },
  dataApi: { count: 0, ms: 0 },
});

const portOf = (url: string): number => Number(new URL(url).port);

function add(to: Answered, ms: number): void {
  to.count += 1;
  to.ms += ms;
}

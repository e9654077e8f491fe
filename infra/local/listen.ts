import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The port is taken, or may not be used. */
export class CannotListen extends Error {
  override name = 'CannotListen';
}

/** Listens on 127.0.0.1; 0 is any free port. @returns the address. @throws CannotListen */
export async function listen(server: Server, port: number): Promise<string> {
  await new Promise<void>((settle, fail) => {
    server.once('error', (cause) => {
      fail(
        new CannotListen(
          `Port ${port} on 127.0.0.1 cannot be used (${cause.message}). Choose another: npm start -- --port <N>`,
          { cause },
        ),
      );
    });
    server.listen(port, '127.0.0.1', settle);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Ends a server and the connections it has. */
export const close = (server: Server): Promise<void> =>
  new Promise((settle) => {
    server.close(() => settle());
    server.closeAllConnections();
  });

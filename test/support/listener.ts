import { createServer, type AddressInfo } from 'node:net';

/** Something on this machine that could be connected to, for tests of what must connect to nothing. */
export interface Listener {
  readonly port: number;
  /** How many connections there were so far. */
  readonly connections: () => number;
  readonly close: () => Promise<void>;
}

export async function openListener(): Promise<Listener> {
  let seen = 0;
  const server = createServer((socket) => {
    seen += 1;
    socket.destroy();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => seen,
    close: () =>
      new Promise((done) => {
        server.close(() => {
          done();
        });
      }),
  };
}

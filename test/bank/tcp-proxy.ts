import { once } from 'node:events';
import { type AddressInfo, createServer, connect as dial, type Socket } from 'node:net';

/** What lies between a program and a server, and can fail. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number;
  /** Connections that were let through so far. */
  readonly connections: number;
  /** Ends all connections, and lets none in until `restore`. */
  cut(): void;
  /** Does so, once, when the server has got that many more packets of the program. */
  cutAfter(packets: number): Promise<void>;
  /** Then lets nothing pass any more on the connections that there are, and ends none: as when a machine loses its power. */
  freezeAfter(packets: number): Promise<void>;
  restore(): void;
}

/** Listens on a port of this machine and hands on to the socket of a PostgreSQL server. */
export async function startProxy(socketFolder: string): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let [open, left, connections] = [true, Number.POSITIVE_INFINITY, 0];
  let fail = (): void => undefined;
  const failAfter = (packets: number, how: () => void): Promise<void> =>
    new Promise((resolve) => {
      left = packets;
      fail = () => {
        left = Number.POSITIVE_INFINITY;
        how();
        resolve();
      };
    });
  const cut = (): void => {
    open = false;
    for (const sockets of pairs) for (const socket of sockets) socket.destroy();
  };
  const freeze = (): void => {
    for (const sockets of pairs) for (const socket of sockets) socket.pause();
  };
  const server = createServer((program) => {
    if (!open) return void program.destroy();
    const database = dial(`${socketFolder}/.s.PGSQL.5432`);
    const pair = [program, database] as const;
    pairs.add(pair);
    connections += 1;
    for (const [from, to] of [pair, [database, program] as const]) {
      from
        .on('error', () => undefined)
        .on('close', () => {
          to.destroy();
          pairs.delete(pair);
        });
    }
    program.on('data', (bytes) => {
      if (--left < 0) fail();
      else database.write(bytes);
    });
    database.on('data', (bytes) => program.write(bytes));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections;
    },
    cut,
    cutAfter: (packets) => failAfter(packets, cut),
    freezeAfter: (packets) => failAfter(packets, freeze),
    restore() {
      open = true;
    },
    async [Symbol.asyncDispose]() {
      cut();
      server.close();
    },
  };
}

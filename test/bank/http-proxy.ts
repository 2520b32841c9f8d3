import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Certificate } from './certificate.js';

/** A proxy that opens tunnels (RFC 9110, 9.3.6), and what it saw. */
export interface HttpProxy extends AsyncDisposable {
  readonly port: number;
  /** To where tunnels were asked for, in order: `localhost:443`. */
  readonly tunnels: readonly string[];
  /** Everything that passed through it, both ways, and what it was asked. */
  seen(): string;
  /** What it answers whoever asks for a tunnel from now on; 200 opens it. */
  answer: number;
}

/** Starts a proxy on this machine, which lets in who brings these credentials. */
export async function startHttpProxy(credentials: string): Promise<HttpProxy> {
  const seen: Buffer[] = [];
  const tunnels: string[] = [];
  const server = createServer();
  const proxy = { answer: 200 };
  server.on('connect', ({ url = '', headers }, client: Socket) => {
    seen.push(Buffer.from(`${url} ${JSON.stringify(headers)}`));
    tunnels.push(url);
    const wanted = `Basic ${Buffer.from(credentials).toString('base64')}`;
    const status = headers['proxy-authorization'] === wanted ? proxy.answer : 407;
    if (status !== 200) return void client.end(`HTTP/1.1 ${status} said by ${credentials}\r\n\r\n`);
    const { hostname, port } = new URL(`http://${url}`);
    const other = connect(Number(port), hostname);
    for (const [from, to] of [[client, other] as const, [other, client] as const])
      from
        .on('data', (bytes: Buffer) => {
          seen.push(bytes);
          to.write(bytes);
        })
        .on('error', () => undefined)
        .on('close', () => to.destroy());
    client.write('HTTP/1.1 200 OK\r\n\r\n');
  });
  const port = await listening(server);
  return Object.assign(proxy, {
    port,
    tunnels,
    seen: () => Buffer.concat(seen).toString('latin1'),
    [Symbol.asyncDispose]: async () => void server.close(),
  });
}

/** A server that speaks TLS, and hands on to one that does not. */
export async function startTls({ cert, key }: Certificate, plainPort: number): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createTlsServer({ cert, key }, (client) => {
    const plain = connect(plainPort, '127.0.0.1');
    client.on('error', () => plain.destroy()).pipe(plain);
    plain.on('error', () => client.destroy()).pipe(client);
  });
  return { port: await listening(server), [Symbol.asyncDispose]: async () => void server.close() };
}

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

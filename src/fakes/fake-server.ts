import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { EgideError, invalid, wholeNumber } from '../errors.js';
import { type Fake, type FakeAnswer, type FakeKind, type FakeOptions, type FakeRequest, type FakeSource, SERVER_FAULTS } from './fake.js';

/** Bytes of a request: our own choice, more than any picture of the tests. */
const MAX_BODY = 1 << 26;

/**
 * Starts a fake source on this machine, with synthetic entries.
 *
 * @throws {EgideError} `INVALID_ARGUMENT` for a fault that the kind does not have, and always where NODE_ENV is `production`.
 */
export async function startFakeOf(kind: FakeKind, options: FakeOptions = {}): Promise<Fake> {
  if (process.env['NODE_ENV'] === 'production')
    throw new EgideError(
      'INVALID_ARGUMENT',
      'fake servers do not start where NODE_ENV is production: their hashes must never reach a real bank',
    );
  const faults = new Set(options.faults ?? []);
  const known = [...SERVER_FAULTS, ...kind.faults].map(({ name }) => name);
  for (const fault of faults) if (!known.includes(fault)) throw invalid('faults', `one of ${known.join(', ')}`, fault);
  const source = kind.create({
    entries: wholeNumber('entries', options.entries ?? 500, 1, 1_000_000),
    seed: wholeNumber('seed', options.seed ?? 1, 0, 2 ** 31 - 1),
    pageSize: options.pageSize === undefined ? Number.POSITIVE_INFINITY : wholeNumber('pageSize', options.pageSize, 1, 1000),
    now: options.now ?? Date.now,
    has: (fault) => faults.has(fault),
  });
  const requests: FakeRequest[] = [];
  const server = createServer((incoming, outgoing) => {
    serve(incoming, outgoing, source, requests, faults).catch((error: unknown) => {
      outgoing.statusCode = 500;
      outgoing.end(error instanceof Error ? error.message : 'the fake failed');
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(wholeNumber('port', options.port ?? 0, 0, 65_535), '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${source.basePath}`;
  return {
    kind: kind.kind,
    url,
    settings: { ...source.settings, baseUrl: url },
    credentials: source.credentials,
    requests,
    truth: () => source.truth(),
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}

/** What goes wrong on the way, whatever is asked: by the count of requests, so that a run can be repeated. */
function troubleOf(faults: ReadonlySet<string>, count: number): FakeAnswer | undefined {
  if (!faults.has('busy')) return undefined;
  if (count % 5 === 3) return { status: 429, headers: { 'retry-after': '0' }, body: 'slow down' };
  return count % 5 === 4 ? { status: 503 } : undefined;
}

async function serve(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  source: FakeSource,
  requests: FakeRequest[],
  faults: ReadonlySet<string>,
): Promise<void> {
  const url = new URL(incoming.url ?? '/', 'http://127.0.0.1');
  const bytes = await bodyOf(incoming);
  const request: FakeRequest = {
    method: incoming.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers: Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)])),
    body: bytes.toString('utf8'),
    bytes: new Uint8Array(bytes),
  };
  requests.push(request);
  const { status = 200, headers = {}, body = '', delayMs } = troubleOf(faults, requests.length) ?? (await source.answer(request));
  if (delayMs !== undefined) await setTimeout(delayMs, undefined, { ref: false });
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const type = typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json';
  const sent = Buffer.from(text);
  outgoing.writeHead(status, { 'content-type': type, 'content-length': sent.length, ...headers });
  if (faults.has('dropped') && requests.length % 4 === 0) outgoing.write(sent.subarray(0, sent.length / 2), () => outgoing.destroy());
  else outgoing.end(sent);
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of incoming as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > MAX_BODY) throw new Error(`a request of more than ${MAX_BODY} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

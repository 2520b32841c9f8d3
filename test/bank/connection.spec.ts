import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Bank } from '../../src/bank/bank.js';
import { EgideError } from '../../src/errors.js';
import { CrashSource, toldInTheEnd } from './crash-source.js';
import { batch, entriesOf, record, signal } from './fixtures.js';
import { openBank } from './open.js';
import { type PostgresServer, startServer } from './postgres-server.js';
import { startProxy, type TcpProxy } from './tcp-proxy.js';

/** How many cuts: EGIDE_CUTS for more; then also what takes a minute. */
const CUTS = Number(process.env['EGIDE_CUTS'] ?? 12);
const isFull = CUTS > 12;
/** Steps of a source. */
const STEPS = 12;
const PASSWORD = 'correct-horse-battery';

const server: PostgresServer | undefined = await startServer();

describe.skipIf(!server)('the connection of a bank to its server', () => {
  const { folder, start, stop } = server as PostgresServer;
  let proxy: TcpProxy;
  let schemas = 0;
  beforeAll(async () => {
    proxy = await startProxy(folder);
  });
  afterAll(async () => {
    await proxy[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });
  const open = (schema = `bank_${++schemas}`) =>
    openBank({ postgres: `postgres://egide:${PASSWORD}@127.0.0.1:${proxy.port}/postgres`, schema });
  /** A connection of the test's own, which may be ended. */
  const connected = async (): Promise<pg.Client> => {
    const client = new pg.Client({ host: folder, user: 'egide', database: 'postgres' });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };
  /** Ends every connection that is not the server's own. */
  const terminateAll = async (): Promise<void> => {
    const client = await connected();
    await client.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and backend_type = 'client backend'",
    );
    await client.end();
  };
  const failureOf = async (work: Promise<unknown>): Promise<EgideError> => {
    const error = await work.then(
      () => undefined,
      (found) => found,
    );
    expect(error).toBeInstanceOf(EgideError);
    expect(`${error.stack} ${JSON.stringify(error)} ${error.cause}`).not.toMatch(new RegExp(`${PASSWORD}|${proxy.port}|${folder}`));
    return error;
  };
  const expectWhole = async (bank: Bank, lists = 1): Promise<void> => {
    const keys = (await entriesOf(bank)).map((entry) => entry.record.key);
    const told = Array.from({ length: lists }, () => [...toldInTheEnd(STEPS).keys()]).flat();
    expect(keys.sort()).toEqual(told.sort());
    expect(await bank.verify()).toEqual({ ok: true, problems: [] });
  };

  test(`is cut ${CUTS} times in the middle of a sync, which goes on by the same bank and comes to the same`, {
    timeout: 60_000 + 1_000 * CUTS,
  }, async () => {
    const bank = await open();
    let list = 0;
    for (let cut = 0; cut < CUTS; ++cut) {
      const reached = proxy.cutAfter((5 * cut) % 97); // at every statement of a step, of which each takes some ten
      const syncing = bank.sync(`list ${list}`, new CrashSource(STEPS));
      if (
        await syncing.then(
          () => true,
          () => false,
        )
      ) {
        list += 1;
        continue;
      }
      expect(await failureOf(syncing)).toMatchObject({ code: 'NOT_FOUND', message: expect.stringMatching(/connection|reached/) });
      await reached;
      proxy.restore();
      expect(await bank.lists()).toBeInstanceOf(Array); // the next call works
    }
    await bank.sync(`list ${list}`, new CrashSource(STEPS));
    await expectWhole(bank, list + 1);
    await bank.close();
  });

  test('was lost by a bank that did nothing: the next call takes another, whatever it is', async () => {
    const bank = await open();
    const calls: readonly ((number: number) => Promise<unknown>)[] = [
      () => bank.lists(),
      (number) => bank.apply('a', batch([record(`k${number}`, signal('md5', number))])),
      () => entriesOf(bank),
      () => bank.status({ signals: true }),
      () => bank.verify(),
      () => bank.compact(),
    ];
    const cutAndRestore = async () => {
      proxy.cut();
      proxy.restore();
    };
    const startAgain = async () => {
      stop();
      start();
    };
    let number = 0;
    for (const [lose, some] of [
      [terminateAll, calls],
      [cutAndRestore, calls],
      [startAgain, calls.slice(1, 2)], // which takes half a second
    ] as const)
      for (const call of some) {
        await Promise.all(Array.from({ length: 4 }, () => bank.lists())); // several connections
        await lose();
        await call(++number);
      }
    expect((await bank.lists())[0]).toMatchObject({ entries: 3 });
    await bank.close();
  });

  test('was lost, and the event loop has not heard of it: the next call takes another', async () => {
    const bank = await open();
    await Promise.all(Array.from({ length: 4 }, () => bank.lists()));
    const { connections } = proxy;
    expect(connections).toBeGreaterThan(3);
    proxy.cut();
    proxy.restore();
    expect(await bank.apply('a', batch([record('x', signal('md5', 1))]))).toMatchObject({ added: 1 });
    expect(proxy.connections).toBeGreaterThan(connections);
    await bank.close();
  });

  test('is ended by the server in the middle of a sync and of a view: both say so, and nothing is lost', async () => {
    const bank = await open('ended');
    for (const lose of [terminateAll, async () => stop()]) {
      let steps = 0;
      const some = new AbortController();
      const begun = bank.sync('a', new CrashSource(STEPS), { signal: some.signal, onProgress: () => ++steps === 4 && some.abort() });
      await expect(begun).rejects.toThrow('aborted');
      const holder = await connected();
      await holder.query('begin; lock table ended.list in exclusive mode');
      const syncing = failureOf(bank.sync('a', new CrashSource(STEPS)));
      while ((await holder.query("select 1 from pg_stat_activity where wait_event_type = 'Lock'")).rowCount === 0);
      await lose();
      expect(await syncing).toMatchObject({ code: 'NOT_FOUND' });
      if (lose !== terminateAll) start();
      const viewing = bank.snapshots.view(async (view) => {
        for await (const _ of view.entries({ slice: 100 })) await terminateAll();
      });
      expect(await failureOf(viewing)).toMatchObject({
        code: 'NOT_FOUND',
        message: expect.stringContaining('connection'),
      });
    }
    await bank.sync('a', new CrashSource(STEPS));
    await expectWhole(bank);
    await bank.close();
  });

  test('is ended in the moment in which it is made: the error says so, and the process goes on', async () => {
    const message = (type: string, body: string) => {
      const length = Buffer.alloc(4);
      length.writeInt32BE(4 + body.length);
      return Buffer.concat([Buffer.from(type), length, Buffer.from(body, 'latin1')]);
    };
    // AuthenticationOk, ReadyForQuery and the error of a server that shuts down, in one piece (PostgreSQL, "Message Formats").
    const answer = Buffer.concat([message('R', '\0\0\0\0'), message('Z', 'I'), message('E', 'SFATAL\0C57P01\0Mshutting down\0\0')]);
    const ending = createServer((socket) => socket.on('error', () => undefined).once('data', () => socket.end(answer))).listen(
      0,
      '127.0.0.1',
    );
    await once(ending, 'listening');
    const { port } = ending.address() as AddressInfo;
    const opening = openBank({ postgres: `postgres://egide:${PASSWORD}@127.0.0.1:${port}/postgres` });
    expect(await failureOf(opening)).toMatchObject({ code: 'NOT_FOUND' });
    ending.close();
  });

  test('cannot be had: the error says why, without the password', async () => {
    const at = (postgres: string | { [option: string]: unknown }) => failureOf(openBank({ postgres }));
    stop();
    expect(await at({ host: folder, user: 'egide', database: 'postgres' })).toMatchObject({ code: 'NOT_FOUND' });
    expect(await failureOf(open())).toMatchObject({ code: 'NOT_FOUND' });
    start();
    const address = `${PASSWORD}@127.0.0.1:${proxy.port}`;
    expect(await at(`postgres://egide:${address}/nowhere`)).toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('no database'),
    });
    expect(await at(`postgres://nobody:${address}/postgres`)).toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('the user'),
    });
    expect(await at(`postgres://egide:${address}/postgres?ssl=true`)).toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('TLS'),
    });
    expect(await at(`postgres://egide:${PASSWORD}@[bad/x`)).toMatchObject({ code: 'INVALID_ARGUMENT' });
    const bank = await openBank({
      postgres: { host: folder, user: 'egide', database: 'postgres', max: 1, connectionTimeoutMillis: 50 },
      schema: 'one',
    });
    await bank.snapshots.view(async () => {
      expect(await failureOf(bank.lists())).toMatchObject({ code: 'BUSY', message: expect.stringContaining('connections of the pool') });
    });
    expect(await bank.lists()).toEqual([]);
    await bank.close();
  });

  test.skipIf(!isFull)(
    'of a writer that fell silent in the middle of a transaction is ended by the server after a minute',
    { timeout: 120_000 },
    async () => {
      const schema = 'silent';
      const [silent, other] = [
        await open(schema),
        await openBank({ postgres: { host: folder, user: 'egide', database: 'postgres' }, schema }),
      ];
      const frozen = proxy.freezeAfter(20);
      const syncing = failureOf(silent.sync('a', new CrashSource(STEPS)));
      await frozen;
      const begun = performance.now();
      expect(await failureOf(other.apply('b', batch([record('x', signal('md5', 1))])))).toMatchObject({ code: 'BUSY' });
      for (let code = 'BUSY'; code === 'BUSY'; )
        code = await other.apply('b', batch([record('x', signal('md5', 1))])).then(
          () => '',
          (error) => error.code,
        );
      console.log(`a silent writer kept others out for ${((performance.now() - begun) / 1000).toFixed(0)} seconds`);
      proxy.cut();
      await syncing;
      proxy.restore();
      await silent.close();
      await other.close();
    },
  );
});

import type { Kysely } from 'kysely';
import { checkCallOptions, invalid, wholeNumber } from '../../errors.js';
import { checkedSearch } from '../../search/pdq-index.js';
import type { BankNeeds } from '../bank.js';
import { inPieces } from '../bulk.js';
import { laterThan } from '../database-error.js';
import { listRow } from '../lists.js';
import type { BankTable, Tables } from '../schema.js';
import type { Store } from '../store.js';
import { unsealed } from '../sum.js';
import { checkedHead, HEAD, MAX_TIME } from './block.js';
import { NewDigests } from './exact-uploads.js';
import { Names } from './names.js';
import { type HashBlock, type NearSearch, nearUploads } from './near-uploads.js';
import { type Fresh, MATCHED, newSignals } from './new-signals.js';
import { Pace } from './pace.js';
import type { Rematch, RematchOptions } from './upload.js';
import { comparedTo } from './uploads.js';

/** PDQ hashes of uploads of which an index is built: larger ones are asked less often, and take more memory, 130 bytes a hash (measured here). */
const HASHES_OF_A_GROUP = 1 << 21;
/** Blocks whose heads are read together, and matches whose entries are: some milliseconds (our own choice). */
const [HEADS_READ, MATCHES_NAMED] = [250, 500];
/** Milliseconds between two reports of progress. */
const REPORT_MS = 200;

/** A block that is to be looked at. */
interface Block {
  readonly id: number;
  readonly count: number;
  readonly hashes: number;
  /** What is new to it came with a later change than this. */
  readonly compared: number;
}

/** A new entry that an upload matches. */
interface Found extends Pick<Rematch, 'signal' | 'distance' | 'negative'> {
  readonly block: number;
  readonly row: number;
  readonly entry: number;
}

/** Matches the kept uploads with what came into the search since the last time ({@link Bank.rematch}). */
export async function* rematch(store: Store, needs: BankNeeds, options: RematchOptions): AsyncGenerator<Rematch> {
  checkOptions(options);
  const held = await holdView(store);
  let marks: Marks;
  try {
    marks = yield* rematchView(held.db, needs, options);
  } finally {
    await held.release();
  }
  if (options.since === undefined && options.lists === undefined) await store.write((db) => mark(db, marks));
}

function checkOptions(options: RematchOptions): void {
  checkCallOptions(options);
  checkedSearch(options);
  const { lists, now } = options;
  if (now !== undefined) wholeNumber('now', now, 0, MAX_TIME);
  if (lists !== undefined && !Array.isArray(lists)) throw invalid('lists', 'an array of names', lists);
}

/** A view that stays until it is released. */
async function holdView(store: Store): Promise<{ readonly db: Kysely<Tables>; release(): Promise<void> }> {
  return new Promise((resolve, reject) => {
    const closed: Promise<void> = store.view(
      (db) =>
        new Promise((end) => {
          resolve({
            db,
            release() {
              end();
              return closed;
            },
          });
        }),
    );
    closed.catch(reject);
  });
}

/** What is done when a rematch has come to its end. */
type Marks = Pick<BankTable, 'rematched' | 'rematched_upload'>;

async function mark(db: Kysely<Tables>, marks: Marks): Promise<void> {
  await db.updateTable('bank').set(marks).where('rematched', '<=', marks.rematched).execute();
}

async function* rematchView(db: Kysely<Tables>, needs: BankNeeds, options: RematchOptions): AsyncGenerator<Rematch, Marks> {
  const { signal, maxDistance, since, onProgress, now = Date.now() } = options;
  const bank = await db.selectFrom('bank').selectAll().executeTakeFirstOrThrow();
  if (since !== undefined) wholeNumber('since', since, 0, bank.change);
  const marks = { rematched: bank.change, rematched_upload: bank.next_upload - 1 };
  const lists = await listsOf(db, options.lists);
  const oldest = bank.retention === null ? 0 : now - bank.retention;
  const pace = new Pace(signal);
  const blocks = await blocksOf(db, bank, { since, oldest }, pace);
  if (blocks.length === 0) return marks;
  const fresh = await newSignals(db, comparedAtLeast(blocks), lists, pace);
  using digests = await NewDigests.of(needs, fresh, signal);
  const progress = new Progress(onProgress, blocks, fresh);
  const names = new Names(db);
  for await (const found of foundIn(db, blocks, fresh, digests, { ...needs, maxDistance, signal, pace }, progress))
    for (const some of inPieces(found, MATCHES_NAMED)) {
      await names.learn(some.map(({ entry }) => entry));
      for (const { block, row, entry, ...how } of some) {
        signal?.throwIfAborted();
        const upload = await names.upload(block, row);
        await pace.turn();
        if (upload.at < oldest) continue;
        progress.matches += 1;
        yield { upload, entry: names.entry(entry), ...how };
      }
    }
  progress.end();
  return marks;
}

/** Numbers of the lists that are asked about. */
async function listsOf(db: Kysely<Tables>, names: readonly string[] | undefined): Promise<number[]> {
  if (names) return Promise.all(names.map(async (name) => (await listRow(db, name)).id));
  const rows = await db.selectFrom('list').select('id').where('enabled', '=', 1).where('negative', '=', 0).execute();
  return rows.map(({ id }) => id);
}

/** The blocks to which something may be new, and that have an upload of `oldest` or later. */
async function blocksOf(
  db: Kysely<Tables>,
  bank: BankTable,
  { since, oldest }: { readonly since: number | undefined; readonly oldest: number },
  pace: Pace,
): Promise<Block[]> {
  const blocks: Block[] = [];
  const heads = db
    .selectFrom('upload')
    .select([...HEAD])
    .orderBy('id')
    .limit(HEADS_READ);
  for (let after = 0; ; await pace.turn()) {
    const rows = await heads.where('id', '>', after).execute();
    for (const head of rows) {
      const { id, count, hashes, last_at } = checkedHead(head);
      const compared = since ?? comparedTo(head, bank);
      if (last_at >= oldest && compared < bank.change) blocks.push({ id, count, hashes, compared });
    }
    if (rows.length < HEADS_READ) return blocks;
    after = laterThan(after, (rows.at(-1) as Pick<Block, 'id'>).id);
  }
}

/** What is new to any of these blocks came with a later change. */
function comparedAtLeast(blocks: readonly Block[]): number {
  return blocks.reduce((least, { compared }) => Math.min(least, compared), Number.MAX_SAFE_INTEGER);
}

/** What is found, group by group. */
async function* foundIn(
  db: Kysely<Tables>,
  blocks: readonly Block[],
  fresh: Fresh,
  digests: NewDigests,
  search: NearSearch,
  progress: Progress,
): AsyncGenerator<Found[]> {
  const { pace } = search;
  for (const group of groupsOf(blocks)) {
    for (const block of group) {
      const found = await digests.find(db, block, pace);
      if (found.length > 0) yield found.map((exact) => ({ ...exact, block: block.id }));
      await pace.turn();
    }
    const count = group.reduce((hashes, block) => hashes + block.hashes, 0);
    for await (const near of nearUploads(search, fresh.pdq, comparedAtLeast(group), count, () => hashBlocks(db, group, pace)))
      yield near.map(({ block, row, hash, distance, negative }) => ({
        block: (group[block] as Block).id,
        row,
        entry: fresh.pdq.entries[hash] as number,
        signal: 'pdq',
        distance,
        negative,
      }));
    progress.add(group.reduce((uploads, block) => uploads + block.count, 0));
  }
}

/** Blocks whose hashes one index has room for. */
function* groupsOf(blocks: readonly Block[]): Generator<Block[]> {
  let group: Block[] = [];
  let hashes = 0;
  for (const block of blocks) {
    if (group.length > 0 && hashes + block.hashes > HASHES_OF_A_GROUP) {
      yield group;
      [group, hashes] = [[], 0];
    }
    group.push(block);
    hashes += block.hashes;
  }
  yield group;
}

async function* hashBlocks(db: Kysely<Tables>, group: readonly Block[], pace: Pace): AsyncGenerator<HashBlock> {
  for (const { id, compared } of group) {
    const block = await db.selectFrom('upload').select(['shapes', 'pdq']).where('id', '=', id).executeTakeFirstOrThrow();
    yield { shapes: unsealed(block.shapes), pdq: unsealed(block.pdq), compared };
    await pace.turn();
  }
}

/** Tells how far it has come. */
class Progress {
  matches = 0;
  #uploads = 0;
  #told = 0;
  readonly #onProgress: RematchOptions['onProgress'];
  readonly #total: number;
  readonly #signals: number;

  constructor(onProgress: RematchOptions['onProgress'], blocks: readonly Block[], fresh: Fresh) {
    this.#onProgress = onProgress;
    this.#total = blocks.reduce((uploads, block) => uploads + block.count, 0);
    this.#signals = MATCHED.reduce((signals, type) => signals + fresh[type].entries.length, 0);
  }

  add(uploads: number): void {
    this.#uploads += uploads;
    if (performance.now() - this.#told > REPORT_MS) this.end();
  }

  end(): void {
    this.#told = performance.now();
    this.#onProgress?.({ uploads: this.#uploads, total: this.#total, signals: this.#signals, matches: this.matches });
  }
}

// Imports N rows of CSV into an embedded bank, beside what the database itself takes: node bench/bank.mjs [rows] (default 300,000).
// It checks the answer: every row is there, and what is searched is what was written. Prints one line of JSON.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { load } from '../dist/entry/node.js';
import { hand, require, timed } from './measure.mjs';

const rows = Number(process.argv[2] ?? 300_000);
const ROW_BYTES = 48; // an MD5 digest and a PDQ hash
const ROWS_PER_CHUNK = 1_000;
const ROWS_PER_TRANSACTION = 5_000;
const READ_SLICE = 10_000;

/** Words of a row that no other row has: a multiplication by an odd number loses nothing (Knuth, volume 2, 3.2.1). */
function writeValue(row, into) {
  const words = new Uint32Array(into.buffer, into.byteOffset, ROW_BYTES / 4);
  for (let i = 0; i < words.length; ++i) words[i] = Math.imul(row + 1, 0x9e3779b1 + 2 * i) ^ (row >>> i);
}

const keyOf = (row) => `entry-${String(row).padStart(9, '0')}`;

/** The list as a file would give it. */
async function* csv() {
  yield Buffer.from('id,md5,pdq\n');
  const value = Buffer.alloc(ROW_BYTES);
  for (let row = 0; row < rows; ) {
    let text = '';
    for (const end = Math.min(rows, row + ROWS_PER_CHUNK); row < end; ++row) {
      writeValue(row, value);
      text += `${keyOf(row)},${value.toString('hex', 0, 16)},${value.toString('hex', 16)}\n`;
    }
    yield Buffer.from(text);
  }
}

/** What the database takes one by one: the ceiling of a bank that thinks of nothing. */
function bare(path) {
  const database = new Database(path);
  database.exec('pragma journal_mode=wal; pragma synchronous=full');
  database.exec('create table entry (list integer, key text, value blob, primary key (list, key)) without rowid');
  const insert = database.prepare('insert into entry values (?, ?, ?) on conflict do update set value=excluded.value');
  const value = Buffer.alloc(ROW_BYTES);
  for (let row = 0; row < rows; ) {
    database.exec('begin');
    for (const end = Math.min(rows, row + ROWS_PER_TRANSACTION); row < end; ++row) {
      writeValue(row, value);
      insert.run([1, keyOf(row), value]);
    }
    database.exec('commit');
  }
  require(database.prepare('select count(*) as count from entry').all([])[0].count === rows, 'the ceiling lost rows');
}

async function searched(bank, type, bytes) {
  let count = 0;
  await bank.snapshots.view(async (view) => {
    for await (const { values, entries } of view.signals(type, { slice: READ_SLICE })) {
      require(values.length === bytes * entries.length, 'a slice has another width');
      count += entries.length;
    }
  });
  return count;
}

const folder = mkdtempSync(join(tmpdir(), 'egide-bench-'));
try {
  const ceiling = await timed(() => bare(join(folder, 'bare.db')));
  const making = await timed(async () => {
    for await (const _ of csv());
  });
  const bank = await (await load()).openBank(join(folder, 'bank'));
  const started = performance.now();
  const importing = await timed(() => bank.import(csv(), { list: 'a' }));
  const wallSeconds = (performance.now() - started) / 1000;
  const { added, problems } = importing.made;
  require(added === rows && problems.length === 0, `${added} rows of ${rows} were added`);
  const again = await timed(() => bank.import(csv(), { list: 'a' }));
  require(again.made.unchanged === rows && again.made.withdrawn === 0, 'the second time something had changed');
  const reading = await timed(() => searched(bank, 'md5', 16));
  require(reading.made === rows && (await searched(bank, 'pdq', 32)) === rows, 'not everything is searched');
  require((await bank.verify()).ok, 'the bank is damaged');
  const { byteLength } = await bank.status();
  await bank.close();
  const seconds = importing.seconds - making.seconds; // of making the text, which a file would not take
  hand({
    rows,
    ceilingRowsPerSecond: Math.round(rows / ceiling.seconds),
    importRowsPerSecond: Math.round(rows / seconds),
    ofCeiling: Number((ceiling.seconds / seconds).toFixed(2)),
    importWallSeconds: Number(wallSeconds.toFixed(1)),
    unchangedRowsPerSecond: Math.round(rows / (again.seconds - making.seconds)),
    sortedSignalsPerSecond: Math.round(rows / reading.seconds),
    bytesPerRow: Math.round(byteLength / rows),
    peakMiB: Math.round(process.resourceUsage().maxRSS / 1024),
  });
} finally {
  rmSync(folder, { recursive: true });
}

// The section of RESULTS.md about banks.
import { facts, table } from './tables.mjs';

const count = (value) => Math.round(value).toLocaleString('en');

/** The section stands by itself, with its machine and its goals: `npm run bench -- bank` writes it alone. */
export function bankSection(results) {
  const { bank } = results;
  const { rows, snapshot, scanner, overlay, residentMiB } = bank;
  const goals = [];
  const goal = (text, measured, reached) => goals.push([text, measured, reached ? 'yes' : '**no**']);
  goal(`import of ${count(rows)} rows of CSV: at least 120,000 a second on one core`, count(bank.import), bank.import >= 120_000);
  // The cache of the database fills up before, and garbage that has not been collected comes and goes by a quarter.
  const [beforeMiB, afterMiB] = [residentMiB.slice(2, 6), residentMiB.slice(6)].map((some) => some.reduce((a, b) => a + b) / some.length);
  goal(
    'its memory does not grow (four tenths on the average, within an eighth of the four before)',
    `${count(beforeMiB)}, ${count(afterMiB)} MiB`,
    afterMiB <= 1.125 * beforeMiB,
  );
  goal('a snapshot of them: under 60 s on one core', `${snapshot.seconds.toFixed(1)} s`, snapshot.seconds < 60);
  const times = snapshot.peakMiB / snapshot.fileMiB;
  goal('its peak memory: under 2.5 times the file', `${times.toFixed(2)} times`, times < 2.5);
  const share = scanner.searchedMiB / snapshot.fileMiB;
  goal(
    'what a scanner holds after 2,000 searches is the map, not a copy: under a twentieth of the file',
    `${scanner.searchedMiB.toFixed(1)} MiB of its own, ${count(scanner.fileMiB)} MiB of files`,
    share < 0.05,
  );
  goal(
    `${overlay.changes} changes are searchable by an overlay: in less than a quarter of the time of a snapshot`,
    `${overlay.seconds.toFixed(2)} s (wall ${overlay.wallSeconds.toFixed(2)}) of ${snapshot.seconds.toFixed(1)}`,
    4 * overlay.seconds < snapshot.seconds,
  );
  const speeds = [
    ['SQLite alone: each row by one prepared statement', count(bank.ceiling)],
    ['first import', `${count(bank.import)}, ${bank.ofCeiling.toFixed(2)} of that (wall ${count(bank.importWall)})`],
    ['import of the same file again', count(bank.unchanged)],
    ['import of a file of which one row in a hundred is another', count(bank.changed)],
  ];
  return `## Banks

${facts(results)}

${table(['goal', 'measured', 'reached'], goals)}

${count(rows)} rows of an id, an MD5 digest and a PDQ hash, in the order of their ids, into an embedded bank. SQLite alone makes a table of the same
values, 5,000 rows a transaction, before and after the first import. Rows a second of processor time, without the making of the text; each import is
checked by its counts, the snapshot by 1,000 digests and 1,000 hashes that are found in it.

${table(['', 'rows a second'], speeds)}

A row takes ${bank.bytesPerRow.toFixed(0)} bytes of the bank. Resident set after each tenth of the first import, MiB: ${residentMiB.join(', ')}. The snapshot has
${count(snapshot.fileMiB)} MiB and takes ${snapshot.wallSeconds.toFixed(1)} s on the wall.`;
}

// The section of RESULTS.md about past uploads.
import { facts, table } from './tables.mjs';

const count = (value) => Math.round(value).toLocaleString('en');

/** The section stands by itself, with its machine and its goals: `npm run bench -- rematch` writes it alone. */
export function rematchSection(results) {
  const { rematch, faiss } = results;
  const { uploads, fresh, peers } = rematch;
  const goals = [];
  const goal = (text, measured, reached) => goals.push([text, measured, reached ? 'yes' : '**no**']);
  goal('no turn of the event loop takes longer than 50 ms', `${rematch.longestTurnMs} ms`, rematch.longestTurnMs <= 50);
  for (const [setting, { ratio }] of Object.entries(peers)) goal(`faster than FAISS, ${nameOf(setting)}`, `${ratio} x`, ratio > 1);
  const rows = [
    [`egide: ${count(uploads)} uploads on disk`, rematch.cpuSeconds.toFixed(1), ((1e6 * rematch.cpuSeconds) / uploads).toFixed(2), ''],
    ...Object.entries(peers).map(([setting, { hashes, cpuSeconds, ratio }]) => [
      `FAISS ${faiss.version.split(' ')[0]}, ${nameOf(setting)}: ${count(hashes)} in memory`,
      cpuSeconds.toFixed(1),
      ((1e6 * cpuSeconds) / hashes).toFixed(2),
      `${ratio} x`,
    ]),
  ];
  return `## Past uploads

${facts(results)}

${table(['goal', 'measured', 'reached'], goals)}

${count(uploads)} kept PDQ hashes in an embedded bank, matched with ${count(fresh)} new ones and their complements within 31 bits. Pairs are planted up to 39 bits apart:
all ${count(rematch.found)} that are within the radius are found, and nothing else. Seconds of processor time; egide's begin with reading the bank, FAISS's with building its index.
FAISS is asked with some of the new hashes, which stand for all.${faiss.missing ? ` FAISS was not there: \`${faiss.missing}\`.` : ''}

${table(['', 'seconds', 'us a kept hash', 'ratio'], rows)}

The wall took ${rematch.wallSeconds} s, memory at its peak ${rematch.peakMiB} MiB. ${count(rematch.keptPerCpuSecond)} uploads are kept a second, in ${rematch.bytesPerUpload} bytes each with ids of 19 bytes;
forgetting 20 of them by their ids takes ${rematch.forgetCpuSeconds} s.`;
}

const nameOf = (setting) => (setting === 'flat' ? 'flat index' : `multi-hash ${setting}`);

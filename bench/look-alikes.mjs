// What matchers say of pictures that look alike by nature (bench/look-alikes.tsv): node bench/look-alikes.mjs RUN [CORPUS=.cache/corpus]
// RUN is the --out of a complete `egide bench attacks` over the layout of bench/attack-corpus.mjs. Prints, for each class, the pairs of a
// picture of it (as it is, or an edited copy of it) and another one of it, and how many of them each matcher accepts, by tier.
import { createReadStream, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { table } from './tables.mjs';

const [run, corpus = '.cache/corpus'] = process.argv.slice(2);
if (run === undefined) throw new Error('expected: node bench/look-alikes.mjs RUN [CORPUS]');

const count = (value) => value.toLocaleString('en');
const rowsOf = (text) =>
  text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split('\t'));
/** A tile is named after its picture (bench/attack-corpus.mjs). */
const pictureOf = (file) => basename(file).replace(/(-\d+)?\.\w+$/, '');
const classes = rowsOf(readFileSync(fileURLToPath(new URL('look-alikes.tsv', import.meta.url)), 'utf8'));
const pathOf = new Map(
  rowsOf(readFileSync(join(corpus, 'index.tsv'), 'utf8')).map(([file, source, path]) => [pictureOf(file), `${source}/${path}`]),
);
const classesOf = (id) => {
  const path = pathOf.get(pictureOf(id)) ?? '';
  return classes.filter(([, pattern]) => new RegExp(pattern).test(path)).map(([name]) => name);
};

const inBank = new Map(classes.map(([name]) => [name, new Set()]));
const counts = new Map(classes.map(([name]) => [name, { queries: 0, pairs: 0, byMatcher: new Map() }]));
const lines = () => createInterface({ input: createReadStream(join(run, 'work/run.ndjson')), crlfDelay: Number.POSITIVE_INFINITY });
for await (const line of lines()) {
  const { reference, signatures, broken } = JSON.parse(line);
  if (reference === undefined || signatures === undefined || broken || !/^(originals|distractors)\//.test(reference)) continue;
  for (const name of classesOf(reference)) inBank.get(name).add(reference);
}
for await (const line of lines()) {
  const { unit, queries } = JSON.parse(line);
  if (unit === undefined) continue;
  for (const name of classesOf(unit)) {
    const others = inBank.get(name);
    const counted = counts.get(name);
    for (const { trap, failed, outcomes } of queries) {
      if (trap !== undefined || failed !== undefined) continue;
      ++counted.queries;
      counted.pairs += others.size - (others.has(unit) ? 1 : 0);
      for (const [matcher, { wrong }] of Object.entries(outcomes))
        for (const { id, accepted, tier = 'accepted' } of wrong) {
          if (!accepted || !others.has(id)) continue;
          const byTier = counted.byMatcher.get(matcher) ?? new Map();
          counted.byMatcher.set(matcher, byTier.set(tier, [...(byTier.get(tier) ?? []), `${unit} ${id}`]));
        }
    }
  }
}

const said = ([matcher, byTier]) => `${matcher}: ${[...byTier].map(([tier, pairs]) => `${pairs.length} ${tier}`).join(', ')}`;
const rows = classes.map(([name]) => {
  const { queries, pairs, byMatcher } = counts.get(name);
  return [name, count(inBank.get(name).size), count(queries), count(pairs), [...byMatcher].map(said).join('; ') || 'none'];
});
console.log(table(['class', 'pictures', 'queries', 'pairs', 'accepted'], rows));
for (const [name, { byMatcher }] of counts)
  for (const [matcher, byTier] of byMatcher)
    for (const [tier, pairs] of byTier) for (const pair of new Set(pairs)) console.log(`${name}\t${matcher}\t${tier}\t${pair}`);

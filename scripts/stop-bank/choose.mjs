import { byKey, distance } from './features.mjs';

/** Bits within which a feature is marked (`stop_distance` in native/core/patch/patch_stops.hpp). */
export const RADIUS = { standard: 16, compact: 6 };

/** All keys that differ from one in some bits of a mask. */
function keysOf(key, mask) {
  const keys = [];
  for (let part = mask; ; part = (part - 1) & mask) {
    keys.push(key ^ part);
    if (part === 0) return keys;
  }
}

/** The features that an entry made of one of them marks. */
function marked(features, runs, feature, mask) {
  const { codes, keys } = features;
  return keysOf(keys[feature], mask).flatMap((key) =>
    (runs.get(key) ?? []).filter((other) => distance(codes, feature, codes, other, 4) <= RADIUS.standard),
  );
}

/** The bits of the key that differ most often, one at a time, between a feature and those like it. */
function weakBits(features, runs, feature, count) {
  const flips = Array.from({ length: 24 }, (_, bit) => ({ bit, seen: marked(features, runs, feature, 1 << bit).length }));
  flips.sort((a, b) => b.seen - a.seen || a.bit - b.bit);
  return flips.slice(0, count).reduce((mask, { bit }) => mask | (1 << bit), 0);
}

/**
 * Chooses entries one after the other, each time the one that marks most features that none marks yet (maximum coverage; lazily, after
 * Minoux 1978). What fewer than `fewest` pictures have tells something about these pictures and is none.
 */
export function chooseEntries(features, { entries, maskBits, fewest }) {
  const runs = byKey(features);
  const queue = [];
  for (let feature = 0; feature < features.count; ++feature) {
    const mask = weakBits(features, runs, feature, maskBits);
    const covers = marked(features, runs, feature, mask);
    if (new Set(covers.map((i) => features.pictures[i])).size >= fewest) queue.push({ feature, mask, covers, gain: covers.length });
  }
  queue.sort(worseFirst);
  const taken = new Uint8Array(features.count);
  const chosen = [];
  while (chosen.length < entries && queue.length > 0) {
    const best = queue.pop();
    const gain = best.covers.filter((i) => !taken[i]).length;
    if (gain === best.gain) {
      for (const i of best.covers) taken[i] = 1;
      chosen.push({ key: features.keys[best.feature], mask: best.mask, feature: best.feature });
    } else if (gain > 0) insert(queue, { ...best, gain });
  }
  return chosen;
}

const worseFirst = (a, b) => a.gain - b.gain || b.feature - a.feature;

function insert(queue, item) {
  let [low, high] = [0, queue.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (worseFirst(queue[middle], item) < 0) low = middle + 1;
    else high = middle;
  }
  queue.splice(low, 0, item);
}

/** The features that entries mark, whose codes are those of features of `source`; of so many words, within a radius. */
export function marks(features, entries, source, { words, radius }) {
  const runs = byKey(features);
  const found = new Set();
  for (const { key, mask, feature } of entries)
    for (const one of keysOf(key, mask))
      for (const other of runs.get(one) ?? [])
        if (distance(source.codes, feature, features.codes, other, words) <= radius) found.add(other);
  return found;
}

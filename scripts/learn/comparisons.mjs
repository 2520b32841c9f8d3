// Which 128 of the 960 comparisons of two cells in one direction make the code: greedily the one that most widens the gap between the
// distances of copies and of different keypoints, in units of their spread.
const BYTES = 128;
const CELLS = 16;
const DIRECTIONS = 8;
const BITS = 128;
/** Pairs that are looked at: more change nothing. */
const SAMPLE = 20_000;

export function chooseComparisons(pairs, seed) {
  const pool = [];
  for (let a = 0; a < CELLS; ++a)
    for (let b = a + 1; b < CELLS; ++b)
      for (let direction = 0; direction < DIRECTIONS; ++direction) pool.push([a * DIRECTIONS + direction, b * DIRECTIONS + direction]);

  const random = seededNumbers(seed);
  const order = shuffled(pairs.count, random).slice(0, SAMPLE);
  const partner = order.map(() => order[Math.floor(random() * order.length)]);
  const copies = differences(pool, pairs, order, order);
  const apart = order.map((_, i) => i).filter((i) => pairs.photograph[order[i]] !== pairs.photograph[partner[i]]);
  const strangers = differences(
    pool,
    pairs,
    apart.map((i) => order[i]),
    apart.map((i) => partner[i]),
  );
  return greedy(pool, copies, strangers).map((i) => pool[i]);
}

/** For every comparison, the bits in which keypoint `first[i]` of the originals and `second[i]` of the copies differ. */
function differences(pool, { a, b }, first, second) {
  const count = first.length;
  const words = Math.ceil(count / 32);
  return {
    count,
    bits: pool.map(([p, q]) => {
      const bits = new Uint32Array(words);
      for (let i = 0; i < count; ++i) {
        const one = a[first[i] * BYTES + p] > a[first[i] * BYTES + q];
        const other = b[second[i] * BYTES + p] > b[second[i] * BYTES + q];
        if (one !== other) bits[i >> 5] |= 1 << (i & 31);
      }
      return bits;
    }),
  };
}

function greedy(pool, copies, strangers) {
  const means = ({ bits, count }) => bits.map((column) => sharedBits(column, column) / count);
  const [copyMeans, strangerMeans] = [means(copies), means(strangers)];
  const covariance = ({ bits, count }, mean, i, j) => sharedBits(bits[i], bits[j]) / count - mean[i] * mean[j];
  const both = (i, j) => covariance(copies, copyMeans, i, j) + covariance(strangers, strangerMeans, i, j);
  const own = pool.map((_, i) => both(i, i));
  const withChosen = new Float64Array(pool.length);
  const chosen = [];
  const left = new Set(pool.keys());
  let gap = 0;
  let spread = 0;
  while (chosen.length < BITS) {
    let best = -1;
    let bestScore = -1;
    for (const i of left) {
      const score = (gap + strangerMeans[i] - copyMeans[i]) / Math.sqrt(spread + 2 * withChosen[i] + own[i]);
      if (score > bestScore) [best, bestScore] = [i, score];
    }
    gap += strangerMeans[best] - copyMeans[best];
    spread += 2 * withChosen[best] + own[best];
    left.delete(best);
    chosen.push(best);
    for (const i of left) withChosen[i] += both(best, i);
  }
  return chosen;
}

function sharedBits(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; ++i) {
    let v = a[i] & b[i];
    v -= (v >>> 1) & 0x55555555;
    v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
    sum += Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
  }
  return sum;
}

/** Numbers from 0 to 1: mulberry32. */
export function seededNumbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function shuffled(count, random) {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; --i) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

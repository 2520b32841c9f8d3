// Pairs of descriptors of one keypoint, in a photograph and in an edited copy.
import { availableParallelism } from 'node:os';

/** How far apart two keypoints are at most that count as one: pixels of the photograph at 640, octaves of scale, radians. */
const NEAR = 2;
const SAME_SCALE = 0.3;
const SAME_ANGLE = 0.25;
/** Pairs of one edited copy at most, so that no picture teaches more than another. */
const PER_COPY = 40;
const BYTES = 128;

export async function collectPairs({ egide, sharp, files, attacks, attackPicture, seed }) {
  const photographs = [];
  const references = [];
  for (const file of files) {
    photographs.push(await sharp(file).rotate().removeAlpha().jpeg({ quality: 95 }).toBuffer());
    references.push(await featuresOf(egide, photographs.at(-1), { use: 'lite', maxFeatures: 300 }));
  }
  const found = [];
  const jobs = photographs.flatMap((_, photograph) => attacks.map((attack) => ({ photograph, attack })));
  let next = 0;
  const work = async () => {
    for (let i = next++; i < jobs.length; i = next++) {
      const { photograph, attack } = jobs[i];
      const original = photographs[photograph];
      const others = Array.from({ length: 8 }, (_, k) => photographs[(photograph + 1 + k) % photographs.length]);
      const { bytes, transform } = await attackPicture(attack, original, { seed, others });
      if (transform) found[i] = await pairsOf(egide, references[photograph], bytes, transform, photograph);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return packed(found.filter((item) => item !== undefined).flat());
}

async function pairsOf(egide, reference, copy, transform, photograph) {
  const query = await featuresOf(egide, copy, { use: 'query', maxFeatures: 500 });
  const toWorking = query.width / query.sourceWidth;
  const pairs = [];
  for (const a of reference.features) {
    const x = (a.x * reference.sourceWidth) / reference.width;
    const y = (a.y * reference.sourceHeight) / reference.height;
    const { point, scale, turn } = locally(transform, x, y);
    const expected = { x: point[0] * toWorking, y: point[1] * toWorking };
    const ratio = (scale * reference.sourceWidth * toWorking) / reference.width; // working pixels of the copy per one of the original
    let best;
    for (const b of query.features) {
      const distance = Math.hypot(b.x - expected.x, b.y - expected.y) / ratio;
      if (distance > NEAR || Math.abs(Math.log2(b.sigma / (a.sigma * ratio))) > SAME_SCALE) continue;
      if (Math.abs(wrapped(b.angle - a.angle - turn)) > SAME_ANGLE) continue;
      if (!best || distance < best.distance) best = { distance, b };
    }
    if (best) pairs.push({ photograph, a: a.histogram, b: best.b.histogram });
  }
  return pairs.slice(0, PER_COPY);
}

async function featuresOf(egide, file, options) {
  const patches = await egide.patches.extractAsync(await egide.decode(file), options);
  return { ...patches, features: egide.patches.features(patches) };
}

/** What a map does to a small neighbourhood of a point. */
function locally(m, x, y) {
  const at = (px, py) => {
    const w = m[6] * px + m[7] * py + m[8];
    return [(m[0] * px + m[1] * py + m[2]) / w, (m[3] * px + m[4] * py + m[5]) / w];
  };
  const [point, right, below] = [at(x, y), at(x + 0.5, y), at(x, y + 0.5)];
  const [ax, ay, bx, by] = [right[0] - point[0], right[1] - point[1], below[0] - point[0], below[1] - point[1]];
  const scale = 2 * Math.sqrt(Math.abs(ax * by - ay * bx));
  return { point, scale, turn: Math.atan2(ay - bx, ax + by) };
}

const wrapped = (angle) => angle - 2 * Math.PI * Math.round(angle / (2 * Math.PI));

function packed(pairs) {
  const count = pairs.length;
  const a = new Uint8Array(count * BYTES);
  const b = new Uint8Array(count * BYTES);
  const photograph = new Uint16Array(count);
  for (const [i, pair] of pairs.entries()) {
    a.set(pair.a, i * BYTES);
    b.set(pair.b, i * BYTES);
    photograph[i] = pair.photograph;
  }
  return { count, a, b, photograph };
}

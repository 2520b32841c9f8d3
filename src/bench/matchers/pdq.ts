import { HASH_BYTES } from '../../backend.js';
import { load } from '../../entry/node.js';
import { ORIENTATIONS, PDQ_MIN_QUALITY, type PdqOrientations } from '../../hash/pdq.js';
import type { Answer, Matcher } from '../matcher.js';

/** python-threatexchange `PDQ_CONFIDENT_MATCH_THRESHOLD`. */
const MAX_DISTANCE = 31;
/** Bits up to which a reference is told of: unrelated photographs lie around 128, one pair in a thousand below 96 (measured here). */
const TOLD_DISTANCE = 96;
const BITS = 8 * HASH_BYTES;

/** PDQ of the upright picture, with Meta's published setting. */
export async function pdqMatcher(): Promise<Matcher> {
  return matcher('pdq', ({ hash }) => hash);
}

/** The same, the query being turned and mirrored in all eight ways. */
export async function pdqOrientationsMatcher(): Promise<Matcher> {
  return matcher('pdq-orientations', ({ turned }) => {
    const queries = new Uint8Array(ORIENTATIONS.length * HASH_BYTES);
    for (const [i, hash] of turned.entries()) queries.set(hash, i * HASH_BYTES);
    return queries;
  });
}

async function matcher(name: string, queriesOf: (hashed: PdqOrientations) => Uint8Array): Promise<Matcher> {
  const egide = await load();
  const hashed = async (file: Uint8Array) => egide.pdq.hashAsync(await egide.decode(file), { upright: true });
  return {
    name,
    version: '1',
    setting: `distance <= ${MAX_DISTANCE} of ${BITS} bits, quality >= ${PDQ_MIN_QUALITY} (python-threatexchange)`,
    /** No bytes for a picture that must not be matched. */
    async reference(file) {
      const { hash, unhashable } = await hashed(file);
      return unhashable === null ? hash : new Uint8Array(0);
    },
    async open(references) {
      const usable = references.filter(({ signature }) => signature.byteLength === HASH_BYTES);
      const hashes = new Uint8Array(usable.length * HASH_BYTES);
      for (const [i, { signature }] of usable.entries()) hashes.set(signature, i * HASH_BYTES);
      const index = await egide.buildPdqIndex(hashes);
      return {
        async search(file) {
          const query = await hashed(file);
          if (query.unhashable !== null) return [];
          const { hits } = index.searchMany(queriesOf(query), { maxDistance: TOLD_DISTANCE });
          const nearest = new Map<number, Answer>();
          for (const { id, distance } of hits) // nearest first
            if (!nearest.has(id))
              nearest.set(id, { id: (usable[id] as { id: string }).id, score: BITS - distance, accepted: distance <= MAX_DISTANCE });
          return [...nearest.values()];
        },
      };
    },
  };
}

import { HASH_BYTES } from '../../backend.js';
import { load } from '../../entry/node.js';
import { hashToHex } from '../../hash/encoding.js';
import { defaultPolicy } from '../../shield/policy.js';
import type { Match } from '../../shield/verdict.js';
import type { Answer, Matcher } from '../matcher.js';
import { toldOf } from './patches.js';

/** The whole scan of a shield with the default policy: PDQ in eight orientations and inside frames, then patches. */
export const ladderMatcher = (): Promise<Matcher> => matcher('ladder', false);

/** The same with the deep steps: negatives, small parts, stretched copies. */
export const ladderDeepMatcher = (): Promise<Matcher> => matcher('ladder-deep', true);

const LIST = 'bank';
/** Scores of near matches lie above those of any partial one (see patches.ts), nearer ones higher. */
const NEAR_SCORE = 10_000;

async function matcher(name: string, deep: boolean): Promise<Matcher> {
  const egide = await load();
  return {
    name,
    version: '1',
    setting: `the default policy, ${defaultPolicy.version}: PDQ within ${defaultPolicy.thresholds.pdqMaxDistance} bits, or patches '${defaultPolicy.thresholds.patchMinTier}' or surer`,
    /** The hash, zeros for one that must not be matched, and the record of patches. */
    async reference(file) {
      const image = await egide.decode(file);
      const { hash, unhashable } = await egide.pdq.hashAsync(image, { upright: true });
      const { bytes } = await egide.patches.enrol(image);
      const signature = new Uint8Array(HASH_BYTES + bytes.byteLength);
      if (unhashable === null) signature.set(hash);
      signature.set(bytes, HASH_BYTES);
      return signature;
    },
    async open(references) {
      const lines = references.flatMap(({ signature }, i) => {
        const hash = signature.slice(0, HASH_BYTES);
        return hash.every((byte) => byte === 0) ? [] : [`${i},${hashToHex(hash)}`];
      });
      const list = await egide.hashList(new TextEncoder().encode(`id,pdq\n${lines.join('\n')}\n`), { name: LIST });
      const index = await egide.buildPatchIndex(references.map(({ signature }) => signature.slice(HASH_BYTES)));
      const patches = { name: LIST, index, entry: (id: number) => ({ id: String(id), list: LIST }) };
      const policy = { ...defaultPolicy, deep };
      const shield = egide.shield({ lists: [list], patches: [patches], policy });
      return {
        async search(file) {
          const best = new Map<string, Answer>();
          for (const match of (await shield.scan(file)).matches) {
            const { id } = references[Number(match.entry.id)] as { id: string };
            const answer = { id, ...answerOf(match) };
            if (answer.score > (best.get(id)?.score ?? 0)) best.set(id, answer);
          }
          return [...best.values()];
        },
      };
    },
  };
}

function answerOf(match: Match): Omit<Answer, 'id'> {
  if (match.kind === 'partial') return toldOf(match);
  return { score: NEAR_SCORE + (match.signal === 'pdq' ? 256 - match.distance : 256), accepted: true, tier: match.kind };
}

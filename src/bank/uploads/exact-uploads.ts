import type { Kysely } from 'kysely';
import { DIGEST_BYTES } from '../../hash/digests.js';
import { buildDigestIndex } from '../../search/build-digest-index.js';
import type { DigestIndex } from '../../search/digest-index.js';
import type { BankNeeds } from '../bank.js';
import type { Tables } from '../schema.js';
import { unsealed } from '../sum.js';
import { hasDigest } from './block.js';
import type { Fresh } from './new-signals.js';
import type { Pace } from './pace.js';
import { UPLOAD_DIGESTS } from './upload.js';

type DigestSignal = (typeof UPLOAD_DIGESTS)[number];

/** Digests of a block that are looked up in one call: less than a millisecond. */
const ASKED = 1_024;

/** An upload that has a new digest. */
export interface ExactUpload {
  readonly row: number;
  readonly entry: number;
  readonly signal: DigestSignal;
}

/** New digests of all types. */
export class NewDigests implements Disposable {
  readonly #fresh: Fresh;
  readonly #indexes = new Map<DigestSignal, DigestIndex>();

  private constructor(fresh: Fresh) {
    this.#fresh = fresh;
  }

  static async of({ backend, platform }: BankNeeds, fresh: Fresh, signal: AbortSignal | undefined): Promise<NewDigests> {
    const digests = new NewDigests(fresh);
    try {
      for (const type of UPLOAD_DIGESTS)
        if (fresh[type].entries.length > 0)
          digests.#indexes.set(type, await buildDigestIndex(backend, platform, type, fresh[type].values, signal ? { signal } : {}));
      return digests;
    } catch (error) {
      digests[Symbol.dispose]();
      throw error;
    }
  }

  /** The uploads of a block that have a digest that is new to it: it came with a later change than `compared`. */
  async find(db: Kysely<Tables>, { id, compared }: { readonly id: number; readonly compared: number }, pace: Pace): Promise<ExactUpload[]> {
    const found: ExactUpload[] = [];
    for (const [signal, index] of this.#indexes) {
      const { entries, changes } = this.#fresh[signal];
      const block = await db
        .selectFrom('upload')
        .select(['shapes', `${signal} as digests`])
        .where('id', '=', id)
        .executeTakeFirstOrThrow();
      const [shapes, digests] = [unsealed(block.shapes), unsealed(block.digests)];
      const rows = [...shapes.keys()].filter((row) => hasDigest(shapes[row] as number, signal));
      const seen = new Set<string>(); // an entry may carry the same digest twice
      for (let first = 0; first < rows.length; first += ASKED) {
        const asked = digests.subarray(DIGEST_BYTES[signal] * first, DIGEST_BYTES[signal] * (first + ASKED));
        for (const hit of index.findMany(asked)) {
          const [row, entry] = [rows[first + hit.query] as number, entries[hit.id] as number];
          if ((changes[hit.id] as number) <= compared || seen.has(`${row} ${entry}`)) continue;
          seen.add(`${row} ${entry}`);
          found.push({ row, entry, signal });
        }
        await pace.turn();
      }
    }
    return found;
  }

  [Symbol.dispose](): void {
    for (const index of this.#indexes.values()) index[Symbol.dispose]();
  }
}

import type { Egide, exchangeOf } from 'egide';
import { bytesToHex } from '../../src/hash/encoding.js';
import { picture } from '../../src/self-test/pictures.js';

/** What a runtime is asked for its answers with. */
export interface Question {
  /** A snapshot, as base64. */
  readonly snapshot: string;
  /** Files of lists. */
  readonly files: readonly string[];
  readonly urls: readonly string[];
  /** Fakes of exchanges that are running. */
  readonly fakes: readonly {
    readonly kind: string;
    readonly settings: Readonly<Record<string, string>>;
    readonly credentials: Readonly<Record<string, string>>;
  }[];
  /** Present time in milliseconds since 1970. */
  readonly now: number;
}

/** The patterns of the pictures that are looked up; the first is listed. */
export const PATTERNS = ['blocks', 'waves', 'disc'] as const;
/** A file that is no picture, and listed. */
export const LISTED_FILE: Uint8Array = new TextEncoder().encode('a file whose digest is on a list');

/** One of the pictures, at 640 x 480. */
export function pictureOf(egide: Egide, pattern: (typeof PATTERNS)[number]) {
  return egide.image({ data: picture(pattern, 1, 640, 480), width: 640, height: 480, channels: 3 });
}

/** Whatever the library answers without files, in a form that can be compared: the same in every runtime. */
export async function answersOf(egide: Egide, open: typeof exchangeOf, question: Question): Promise<Record<string, unknown>> {
  using snapshot = await egide.openSnapshot(Uint8Array.from(atob(question.snapshot), (character) => character.charCodeAt(0)));
  await snapshot.verify();
  const shield = egide.shield({ snapshot });
  const verdicts: unknown[] = [];
  for (const pattern of PATTERNS) {
    const { timings: _, ...verdict } = await shield.scan(pictureOf(egide, pattern));
    verdicts.push(verdict);
  }
  const reports: unknown[] = [];
  for (const file of question.files) reports.push(await egide.examineList(new TextEncoder().encode(file)));
  const sources: Record<string, unknown> = {};
  for (const { kind, settings, credentials } of question.fakes) {
    const batches: unknown[] = [];
    for await (const batch of open(kind, settings, credentials).fetch(undefined, { now: question.now }))
      batches.push({
        ...batch,
        updates: [...batch.updates].map(([key, record]) => [
          key,
          record && { ...record, signals: record.signals.map(({ value, ...signal }) => ({ ...signal, value: bytesToHex(value) })) },
        ]),
      });
    sources[kind] = batches;
  }
  // Without a decoder a file is looked up by its digests alone.
  const { matches } = await shield.scan(LISTED_FILE);
  return { snapshot: snapshot.id, verdicts, matches, urls: question.urls.map((url) => shield.scanUrl(url)), reports, sources };
}

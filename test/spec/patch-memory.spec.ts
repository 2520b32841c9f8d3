import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { createWasmBackend } from '../../src/backend/wasm.js';
import type { Backend, Placed } from '../../src/backend.js';
import type { Egide } from '../../src/egide.js';
import type { Image, Patches, PatchIndex, PatchRecord } from '../../src/entry/public.js';
import { engineOf, engines } from './live-fixture.js';
import { bytesOf, queries, records, shown } from './patch-fixture.js';

const KIB = 1024;
const PAGE = 65_536;
/** More than anything here takes. */
const PAGES = 1600;

/** The section of a module that says how much memory it begins with, and how much it may have. */
const MEMORY_SECTION = 5;

/** The module of the package, with memory of so many pages at most. */
function limited(pages: number): WebAssembly.Module {
  const bytes = readFileSync(new URL('../../dist/core.wasm', import.meta.url));
  let at = 8;
  const number = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] as number;
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  for (;;) {
    const start = at;
    const section = bytes[at++];
    const end = number() + at;
    if (section === MEMORY_SECTION) {
      const [count, flags, least] = [number(), number(), number()];
      if (count !== 1 || flags !== 0) throw new Error('the memory of the module has a maximum already');
      const body = [count, 1, least, (pages & 127) | 128, pages >> 7];
      return new WebAssembly.Module(
        Buffer.concat([bytes.subarray(0, start), Buffer.from([section, body.length, ...body]), bytes.subarray(end)]),
      );
    }
    at = end;
  }
}

const small = limited(PAGES);
const [[, makeNative]] = engines as [(typeof engines)[number]];
const native = makeNative();

/** The most KiB that can be had at once. */
function room(backend: Backend): number {
  let [fits, tooMuch] = [0, PAGES * (PAGE / KIB)];
  while (tooMuch - fits > 1) {
    const middle = (fits + tooMuch) >> 1;
    const piece = reserved(backend, middle);
    piece?.[Symbol.dispose]();
    if (piece) fits = middle;
    else tooMuch = middle;
  }
  return fits;
}

function reserved(backend: Backend, kib: number): Placed | undefined {
  try {
    return backend.index.reserve(kib * KIB);
  } catch {
    return undefined;
  }
}

/** Takes all there is but for one piece. */
function filled(backend: Backend, whole: number, left: number): Placed[] {
  const taken = [backend.index.reserve((whole - left) * KIB)];
  using _ = reserved(backend, left);
  for (let piece = reserved(backend, 1); piece; piece = reserved(backend, 1)) taken.push(piece);
  return taken;
}

interface Work {
  /** What is there before the memory is filled up. */
  readonly given?: (egide: Egide) => Promise<PatchIndex>;
  readonly run: (egide: Egide, given: PatchIndex) => unknown;
}

const query = queries[5] as Patches;
const record = records.standard[0] as PatchRecord;
let photo: Image;
let part: Image;
let table: Uint8Array;
beforeAll(async () => {
  [photo, part] = [await shown(0), await shown(0, (whole) => whole.extract({ left: 60, top: 60, width: 400, height: 300 }))];
  using index = await native.buildPatchIndex(records.standard, { stops: 'keep' });
  table = await native.patches.stopFeatures([index]);
});

const bank = (egide: Egide): Promise<PatchIndex> => egide.buildPatchIndex(records.standard);
const built = async (egide: Egide, stops: 'keep' | 'collect' | Uint8Array): Promise<Buffer> => {
  using index = await egide.buildPatchIndex(records.standard, { stops });
  return bytesOf(index);
};

const works: Record<string, Work> = {
  extract: { run: ({ patches }) => patches.extract(photo) },
  extractAsync: { run: ({ patches }) => patches.extractAsync(photo) },
  enrol: { run: ({ patches }) => patches.enrol(photo) },
  openRecord: { run: ({ patches }) => patches.openRecord(record.bytes) },
  match: { run: ({ patches }) => patches.match(query, record, { negatives: true }) },
  map: { run: ({ patches }) => patches.map(part, photo) },
  'build, without stop features': { run: (egide) => built(egide, 'keep') },
  'build, and collect stop features': { run: (egide) => built(egide, 'collect') },
  'build, and mark stop features': { run: (egide) => built(egide, table) },
  search: { given: bank, run: (_, index) => index.search(query, { minTier: 'weak', negatives: true }) },
  'record of an index': { given: bank, run: (_, index) => index.record(3) },
  'ids of an index': { given: bank, run: (_, index) => index.ids() },
  stopFeatures: { given: bank, run: ({ patches }, index) => patches.stopFeatures([index]) },
};

describe('WebAssembly whose memory ends', () => {
  test.each(Object.keys(works))('%s: says so, and gives back all that it took', async (name) => {
    const { given, run } = works[name] as Work;
    const expected = await run(native, (await given?.(native)) as PatchIndex);
    const backend = createWasmBackend(small);
    const egide = engineOf(backend);
    const index = (await given?.(egide)) as PatchIndex;
    const whole = room(backend);
    let failed = 0;
    for (let left = 0; ; left += 1 + (left >> 2)) {
      const taken = filled(backend, whole, left);
      const answer = await Promise.resolve()
        .then(() => run(egide, index))
        .catch((error: unknown) => error);
      for (const piece of taken) piece[Symbol.dispose]();
      if (!(answer instanceof Error)) {
        expect(answer).toEqual(expected);
        break;
      }
      expect([left, answer]).toEqual([left, expect.objectContaining({ code: 'OUT_OF_MEMORY' })]);
      expect(room(backend)).toBeGreaterThanOrEqual(whole);
      ++failed;
    }
    expect(failed).toBeGreaterThan(0);
    expect(await run(egide, index)).toEqual(expected);
  });
});

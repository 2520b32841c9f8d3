import { type Backend, type PatchTotals, type Placed, STOP_STATE_BYTES } from '../backend.js';
import { checkCallOptions, invalid } from '../errors.js';
import { type Input, joinedBytes, liveBytes, nextTurn } from '../input.js';
import type { Platform } from '../platform.js';
import { type Add, buildIndex, checkedIds, openIndex } from '../search/build-index.js';
import type { BuildOptions, CheckOptions } from '../search/index-bytes.js';
import { PatchIndex } from './patch-index.js';
import { openRecord, type PatchProfile, type PatchRecord, PROFILES } from './record.js';
import { checkStops, collectStops } from './stop-features.js';

/** How to build an index of patches. */
export interface BuildPatchOptions extends BuildOptions {
  /** An id for each record, 0 to 2^32 - 1. Default: each record's number, from 0. */
  readonly ids?: Uint32Array;
  /** What the records are; only needed where there are none. Default: what the first one is, or `standard`. */
  readonly profile?: PatchProfile;
  /**
   * Features that are seen everywhere and prove nothing: `collect` (the default) finds them in these records and adds those that come
   * with the library, a table is one that `stopFeatures` made of a whole bank, `keep` marks none beyond those that the records carry.
   */
  readonly stops?: 'collect' | 'keep' | Uint8Array;
  /** Build in a SharedArrayBuffer, for `openPatchIndex` in other workers. Native backend only. Default false. */
  readonly shared?: boolean;
}

/** Records looked at or added between two turns of the event loop: some milliseconds. */
const RECORDS_PER_TURN = 256;
/** Units of marking at a time: about 4 ms. */
const MARK_UNITS = 1 << 21;

/** @internal */
export async function buildPatchIndex(
  backend: Backend,
  platform: Platform,
  records: readonly (PatchRecord | Uint8Array)[],
  options: BuildPatchOptions = {},
): Promise<PatchIndex> {
  checkCallOptions(options);
  if (!Array.isArray(records)) throw invalid('records', 'an array of records that enrol gave, or their bytes', records);
  const { shared = false, stops = 'collect' } = options;
  const source: RecordSource = {
    count: records.length,
    at: (i) => bytesOf(records, i),
    ids: (first, end) =>
      checkedIds(options.ids, records.length)?.subarray(first, end) ?? Uint32Array.from({ length: end - first }, (_, i) => first + i),
  };
  const profile = profileOf(backend, source, options.profile);
  if (stops !== 'collect' && stops !== 'keep') checkStops(backend, stops, profile);
  checkedIds(options.ids, records.length);
  const table = typeof stops === 'string' ? stops : stops.slice(); // the caller may transfer its own away
  return buildFromRecords(backend, platform, source, { profile, stops: table, shared }, options);
}

/** Records to build of. Each is asked for twice. */
export interface RecordSource {
  readonly count: number;
  at(i: number): Uint8Array;
  /** Ids of the records from `first` to before `end`. */
  ids(first: number, end: number): Uint32Array;
}

/** @internal What an index of records is to be; its table of stop features is checked. */
export type PatchBuildPlan = Required<Pick<BuildPatchOptions, 'profile' | 'stops' | 'shared'>>;

/** @internal */
export async function buildFromRecords(
  backend: Backend,
  platform: Platform,
  source: RecordSource,
  { profile, stops, shared }: PatchBuildPlan,
  options: BuildOptions,
): Promise<PatchIndex> {
  const { signal } = options;
  const { codeBytes } = PROFILES[profile];
  const totals = await totalsOf(backend, source, profile, signal);
  const shape = { ...totals, codeBytes };
  const plan = {
    count: totals.features,
    rows: 'features' as const,
    width: codeBytes,
    // In proportion: what an index of so many features takes if its images are like these.
    sizeOf: (features: number) => backend.patchIndex.bytes(features === totals.features ? shape : scaled(totals, features, codeBytes)),
    begin: (build: { index: Placed; scratch: Placed }) => backend.patchIndex.begin(build, shape),
  };
  const opened = await buildIndex(backend.index, plan, shared, options, (add) => feedRecords(source, signal, add));
  const index = new PatchIndex(backend, platform, opened);
  try {
    const table = stops === 'collect' ? await collectStops(backend, [index], signal) : stops;
    if (table !== 'keep') await markStops(backend, opened.placed, table, signal);
    return index;
  } catch (error) {
    index[Symbol.dispose]();
    throw error;
  }
}

/** @internal */
export async function openPatchIndex(
  backend: Backend,
  platform: Platform,
  source: Input | SharedArrayBuffer,
  options: CheckOptions = {},
): Promise<PatchIndex> {
  return openIndex(backend, platform, source, options, (opened) => new PatchIndex(backend, platform, opened));
}

/** The bytes of a record that a caller gave. */
export function bytesOf(records: readonly (PatchRecord | Uint8Array)[], i: number): Uint8Array {
  const record: unknown = records[i];
  const bytes = record instanceof Uint8Array ? record : (record as PatchRecord | null)?.bytes;
  if (!(bytes instanceof Uint8Array)) throw invalid(`records[${i}]`, 'a record that enrol gave, or its bytes', record);
  return liveBytes(`records[${i}]`, bytes);
}

function profileOf(backend: Backend, source: RecordSource, wanted: PatchProfile | undefined): PatchProfile {
  if (wanted !== undefined && !Object.hasOwn(PROFILES, wanted)) throw invalid('profile', "'standard' or 'compact'", wanted);
  if (wanted !== undefined || source.count === 0) return wanted ?? 'standard';
  return openRecord(backend, source.at(0)).profile;
}

/** Checks every record, and adds them up. */
async function totalsOf(
  backend: Backend,
  source: RecordSource,
  profile: PatchProfile,
  signal: AbortSignal | undefined,
): Promise<PatchTotals> {
  let [features, images, gridBlocks] = [0, 0, 0];
  for (let i = 0; i < source.count; ++i) {
    if (i > 0 && i % RECORDS_PER_TURN === 0) await nextTurn(signal);
    const checked = openRecord(backend, source.at(i));
    if (checked.profile !== profile) throw invalid(`records[${i}]`, `a ${profile} record, as the first one is`, `a ${checked.profile} one`);
    const one = backend.patchIndex.totals(checked.bytes, PROFILES[profile].codeBytes);
    if (one === undefined) throw invalid(`records[${i}]`, 'a record that enrol gave', 'something else');
    features += one.features;
    images += one.images;
    gridBlocks += one.gridBlocks;
  }
  return { features, images, gridBlocks };
}

function scaled({ features, images, gridBlocks }: PatchTotals, wanted: number, codeBytes: number) {
  const factor = wanted / Math.max(1, features);
  return { features: wanted, images: Math.floor(images * factor), gridBlocks: Math.floor(gridBlocks * factor), codeBytes };
}

async function feedRecords(source: RecordSource, signal: AbortSignal | undefined, add: Add): Promise<void> {
  for (let first = 0; first < source.count; first += RECORDS_PER_TURN) {
    if (first > 0) await nextTurn(signal);
    const end = Math.min(source.count, first + RECORDS_PER_TURN);
    add(joinedBytes(Array.from({ length: end - first }, (_, i) => source.at(first + i))), source.ids(first, end));
  }
}

async function markStops(backend: Backend, index: Placed, stops: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
  using table = backend.place(stops);
  const state = new Uint8Array(STOP_STATE_BYTES);
  while (backend.patchIndex.markStops(index, table, state, MARK_UNITS) > 0) await nextTurn(signal);
}

import type { Backend } from './backend.js';
import type { Bank, BankTarget, OpenBank, RecordReader } from './bank/bank.js';
import { EgideError } from './errors.js';
import { type DigestOptions, type Digests, type DigestType, digestInput } from './hash/digests.js';
import { createPdq, type Pdq } from './hash/pdq.js';
import { trimmed } from './image/borders.js';
import type { DecodeOptions, Decoder } from './image/decoder.js';
import { checkImage, type Image, type ImageInit, imageOf } from './image/image.js';
import { resolveDecodeOptions } from './image/limits.js';
import { type Input, readAll } from './input.js';
import type { HashList } from './list/hash-list.js';
import { type ReadListOptions, readHashList } from './list/read-hash-list.js';
import { examineList, type ReadRecordsOptions, type RecordsReport, readRecords } from './list/read-records.js';
import { type ReadUrlOptions, readUrlRules, type UrlRuleList } from './list/url-rules.js';
import { type BuildPatchOptions, buildPatchIndex, openPatchIndex } from './patch/build-patch-index.js';
import { createPatches, type PatchTools } from './patch/create-patches.js';
import { type LivePatchIndex, type LivePatchOptions, livePatchIndex } from './patch/live-patch-index.js';
import type { PatchIndex } from './patch/patch-index.js';
import type { PatchRecord } from './patch/record.js';
import type { Platform } from './platform.js';
import { type BuildDigestOptions, buildDigestIndex, openDigestIndex } from './search/build-digest-index.js';
import { type BuildPdqOptions, buildPdqIndex, openPdqIndex, pdqIndexCapacity } from './search/build-pdq-index.js';
import { type BuildUrlOptions, buildUrlIndex, openUrlIndex, type WrittenUrlRule } from './search/build-url-index.js';
import type { DigestIndex } from './search/digest-index.js';
import type { CheckOptions } from './search/index-bytes.js';
import { joinPdqIndex, type LiveOptions, type LivePdqIndex, livePdqIndex, type SharedPdqIndex } from './search/live-pdq-index.js';
import type { PdqIndex } from './search/pdq-index.js';
import type { UrlIndex } from './search/url-index.js';
import { type SelfTestReport, selfTest } from './self-test/self-test.js';
import { createShield, type Shield, type ShieldOptions } from './shield/shield.js';
import { bankSnapshotPlan, type OpenSearchableBankOptions, type SearchableBank, withSnapshots } from './snapshot/bank-snapshots.js';
import { type OpenSnapshotOptions, openSnapshot } from './snapshot/open-snapshot.js';
import { type SavedSnapshot, saveSnapshot } from './snapshot/save-snapshot.js';
import type { Snapshot } from './snapshot/snapshot.js';
import { type SnapshotWatch, type WatchSnapshotOptions, watchSnapshot } from './snapshot/watch-snapshot.js';
import type { WriteSnapshotOptions } from './snapshot/write-snapshot.js';

/** Which core does the work. */
export interface BackendInfo {
  readonly name: Backend['name'];
  /** The kernel set in use: the fastest that this machine can run. */
  readonly kernel: string;
  /** Why this backend and not another one. */
  readonly reason: string;
}

/** What a runtime has, as far as the whole library uses it. */
export interface EgidePlatform extends Platform {
  /** Absent where there are no files. */
  readonly openBank?: OpenBank;
}

/** The whole library over one backend. */
export interface Egide {
  readonly backend: BackendInfo;
  readonly pdq: Pdq;
  readonly patches: PatchTools;
  /** An image of the caller's own pixels. Throws `INVALID_ARGUMENT` if a size is out of range or the byte count does not fit. */
  image(init: ImageInit): Image;
  /**
   * Decodes the first (or only) frame.
   *
   * @throws {EgideError} `NO_DECODER`, `EMPTY_INPUT`, `UNSUPPORTED_FORMAT`, `CORRUPT_IMAGE`, `TOO_MANY_BYTES`, `TOO_MANY_PIXELS`,
   * `DECODE_TIMEOUT`, `NOT_FOUND`, `NO_FILESYSTEM`, `INVALID_ARGUMENT`; or the signal's reason.
   */
  decode(input: Input, options?: DecodeOptions): Promise<Image>;
  /** Decodes every frame up to `maxFrames` and `maxTotalPixels`, one at a time, in order. Throws as {@link Egide.decode} does. */
  frames(input: Input, options?: DecodeOptions): AsyncGenerator<Image, void, undefined>;
  /**
   * The picture inside a border of one colour on one side or more, or on a blurred copy of itself, as a copy of its pixels: without the
   * outermost frame, then without a frame within that, three at most; none if there is no frame (docs/images.md, "Frames").
   *
   * @throws {EgideError} `INVALID_ARGUMENT` for a malformed image, `OUT_OF_MEMORY`.
   */
  trim(image: Image): Image[];
  /** MD5, SHA-1 and SHA-256 in one pass. Throws `INVALID_ARGUMENT`, `NOT_FOUND`, `NO_FILESYSTEM`; or the signal's reason. */
  digest(input: Input, options?: DigestOptions): Promise<Digests>;
  /**
   * Reads a list into memory (docs/lists.md). A malformed record is counted, not thrown.
   *
   * @throws {EgideError} `INVALID_LIST` if nothing in it can be read or used, `INVALID_ARGUMENT`, `NOT_FOUND`, `NO_FILESYSTEM`,
   * `OUT_OF_MEMORY`; or the signal's reason.
   */
  hashList(source: Input, options: ReadListOptions): Promise<HashList>;
  /**
   * Reads a file of records as `bank.import` would, and keeps nothing: which format it is and how that was told, how many records there are
   * of which type, and what is wrong with them (docs/lists.md).
   *
   * @throws {EgideError} `INVALID_LIST`, `INVALID_ARGUMENT`, `NOT_FOUND`, `NO_FILESYSTEM`; or the signal's reason.
   */
  examineList(source: Input, options?: ReadRecordsOptions): Promise<RecordsReport>;
  /**
   * Opens a bank: the lists that a platform holds, kept in a folder or in PostgreSQL (docs/bank.md). Makes it where there is none. Its
   * `snapshot()` is what can be searched of it now, and `shield({ bank })` searches that.
   *
   * @param target Path of a folder, or `{ postgres }`.
   * @throws {EgideError} `NO_FILESYSTEM` where there is no Node, `MISSING_PACKAGE` if kysely, libsql or pg is not installed, `INVALID_BANK` if
   *   what is there is no bank, of another version or damaged, `NOT_FOUND` if it cannot be reached, `WRITE_FAILED` if it cannot be made or
   *   written, `BUSY`, `INVALID_ARGUMENT`.
   */
  openBank(target: BankTarget, options?: OpenSearchableBankOptions): Promise<SearchableBank>;
  /**
   * Builds an index of PDQ hashes, in slices that do not hold the event loop.
   *
   * @param hashes 32 bytes each, one after the other; not to be changed or transferred before the answer.
   * @throws {EgideError} `INVALID_ARGUMENT`, `OUT_OF_MEMORY`; or the signal's reason.
   */
  buildPdqIndex(hashes: Uint8Array, options?: BuildPdqOptions): Promise<PdqIndex>;
  /**
   * Opens an index that `save` has written: the path of a file (Node) is mapped and looked at by its header and directory; the shared
   * memory of an index built as `shared` is used as it lies; anything else is copied and checked whole.
   *
   * @throws {EgideError} `INVALID_INDEX`, `INVALID_ARGUMENT`, `NOT_FOUND`, `NO_FILESYSTEM`, `OUT_OF_MEMORY`; or the signal's reason.
   */
  openPdqIndex(source: Input | SharedArrayBuffer, options?: CheckOptions): Promise<PdqIndex>;
  /**
   * Makes an index that changes, in front of an immutable one.
   *
   * @param base Taken over: it is disposed of when a merge has replaced it, or with the index. Do not dispose of it before.
   * @throws {EgideError} `INVALID_ARGUMENT`, `OUT_OF_MEMORY`; `DISPOSED` if the base is.
   */
  livePdqIndex(base: PdqIndex, options?: LiveOptions): LivePdqIndex;
  /**
   * Joins an index that another thread changes, to search it.
   *
   * @param state What `share` gave there.
   * @throws {EgideError} `SUPERSEDED` if the base's file has been replaced since: ask for the state again; `INVALID_ARGUMENT`,
   *   `INVALID_INDEX`, `NOT_FOUND`, `NO_FILESYSTEM`, `OUT_OF_MEMORY`; or the signal's reason.
   */
  joinPdqIndex(state: SharedPdqIndex, options?: { readonly signal?: AbortSignal }): Promise<LivePdqIndex>;
  /**
   * Builds an index of digests of one type, in slices that do not hold the event loop.
   *
   * @param digests Whole digests (16 bytes for `md5`, 20 for `sha1`, 32 for `sha256`), one after the other; not to be changed or
   *   transferred before the answer.
   * @throws {EgideError} `INVALID_ARGUMENT`, `OUT_OF_MEMORY`; or the signal's reason.
   */
  buildDigestIndex(type: DigestType, digests: Uint8Array, options?: BuildDigestOptions): Promise<DigestIndex>;
  /**
   * Opens an index of digests that `save` has written, as {@link Egide.openPdqIndex} does.
   *
   * @throws {EgideError} `INVALID_INDEX`, `INVALID_ARGUMENT`, `NOT_FOUND`, `NO_FILESYSTEM`, `OUT_OF_MEMORY`; or the signal's reason.
   */
  openDigestIndex(source: Input | SharedArrayBuffer, options?: CheckOptions): Promise<DigestIndex>;
  /**
   * Hashes of the largest index that fits a number of bytes.
   *
   * @param memoryBytes Default: the 128 MiB of an edge worker.
   */
  pdqIndexCapacity(memoryBytes?: number, options?: Pick<BuildPdqOptions, 'lean'> & { ids?: boolean }): number;
  /**
   * Builds a bank of patches, in slices that do not hold the event loop.
   *
   * @param records What `patches.enrol` gave, or their bytes, all of one profile; not to be changed before the answer.
   * @throws {EgideError} `INVALID_PATCHES`, `INVALID_ARGUMENT`, `OUT_OF_MEMORY`; or the signal's reason.
   */
  buildPatchIndex(records: readonly (PatchRecord | Uint8Array)[], options?: BuildPatchOptions): Promise<PatchIndex>;
  /**
   * Opens a bank of patches that `save` has written, as {@link Egide.openPdqIndex} does.
   *
   * @throws {EgideError} `INVALID_INDEX`, `INVALID_ARGUMENT`, `NOT_FOUND`, `NO_FILESYSTEM`, `OUT_OF_MEMORY`; or the signal's reason.
   */
  openPatchIndex(source: Input | SharedArrayBuffer, options?: CheckOptions): Promise<PatchIndex>;
  /**
   * Makes a bank of patches that changes, in front of an immutable index.
   *
   * @param base Taken over: it is disposed of when a merge has replaced it, or with the bank. Do not dispose of it before.
   * @throws {EgideError} `INVALID_ARGUMENT`, `INVALID_PATCHES`; `DISPOSED` if the base is.
   */
  livePatchIndex(base: PatchIndex, options?: LivePatchOptions): LivePatchIndex;
  /**
   * Reads a list of rules about URLs, one on each line (docs/urls.md). A line that cannot be used is counted, not thrown.
   *
   * @throws {EgideError} `INVALID_LIST` if not one line of it can be used, `INVALID_ARGUMENT`, `NOT_FOUND`, `NO_FILESYSTEM`; or the signal's
   *   reason.
   */
  urlRules(source: Input, options?: ReadUrlOptions): Promise<UrlRuleList>;
  /**
   * Builds an index of rules about URLs, of which it keeps salted hashes alone (docs/urls.md), in slices that do not hold the event loop.
   *
   * @param rules As `parseUrlRule` reads them: `https://a.example/x`, `a.example/folder/*`, `a.example`, `*.a.example`.
   * @throws {EgideError} `INVALID_URL`, naming the number of the rule, if one cannot be read; `INVALID_ARGUMENT`, `OUT_OF_MEMORY`; or the
   *   signal's reason.
   */
  buildUrlIndex(rules: readonly WrittenUrlRule[], options?: BuildUrlOptions): Promise<UrlIndex>;
  /**
   * Opens an index of URLs that `save` has written: a file is read into memory, not mapped. Everything is copied and checked.
   *
   * @throws {EgideError} `INVALID_INDEX`, `INVALID_ARGUMENT`, `NOT_FOUND`, `NO_FILESYSTEM`, `OUT_OF_MEMORY`; or the signal's reason.
   */
  openUrlIndex(source: Input, options?: CheckOptions): Promise<UrlIndex>;
  /**
   * Writes what a bank lets be searched now to a file, which takes the place of the one before as a whole or not at all. Writers of the bank
   * do not wait for it.
   *
   * @throws {EgideError} `NO_FILESYSTEM`, `INVALID_ARGUMENT`, `INVALID_BANK`, `INVALID_PATCHES`, `OUT_OF_MEMORY`, `WRITE_FAILED`; the
   *   signal's reason; or what the bank throws.
   */
  saveSnapshot(bank: Bank, path: string, options?: WriteSnapshotOptions): Promise<SavedSnapshot>;
  /**
   * Opens a snapshot of a bank: the path of a file (Node) is mapped and looked at by its manifest and the headers of its indexes, and
   * `verify()` reads it all; anything else, and an encrypted one, is held in memory and checked whole.
   *
   * @throws {EgideError} `INVALID_BANK`, `INVALID_INDEX`, `INVALID_ARGUMENT`, `NOT_FOUND`, `NO_FILESYSTEM`, `OUT_OF_MEMORY`; or the
   *   signal's reason.
   */
  openSnapshot(source: Input, options?: OpenSnapshotOptions): Promise<Snapshot>;
  /**
   * Opens the snapshot in a file and every newer one that takes its place: pass what this gives to `shield`, which goes on scanning
   * meanwhile. A newer one is verified before it is used; if it is damaged, the one before stays.
   *
   * @throws {EgideError} As {@link Egide.openSnapshot}.
   */
  watchSnapshot(path: string, options?: WatchSnapshotOptions): Promise<SnapshotWatch>;
  /**
   * Puts lists and a policy together.
   *
   * @throws {EgideError} `INVALID_ARGUMENT` if a list is none or shares its name, or the policy is malformed.
   */
  shield(options: ShieldOptions): Shield;
  /** Proves that hashing, patches, searching, digests and forms of URLs give the known answers in this runtime: run it at start-up. */
  selfTest(): SelfTestReport;
}

/**
 * Puts the API together over a backend and what the runtime has.
 *
 * @param reason Why the entry chose this backend.
 */
export function createEgide(backend: Backend, platform: EgidePlatform, reason = 'chosen by the caller'): Egide {
  return {
    backend: { name: backend.name, kernel: backend.kernels[0] ?? 'scalar', reason },
    pdq: createPdq(backend),
    patches: createPatches(backend),
    image: imageOf,
    async decode(input, options = {}) {
      const resolved = resolveDecodeOptions(options);
      const decoder = decoderOf(platform);
      return decoder.decode(await readAll(input, resolved.maxBytes, platform.openFile, resolved.signal), resolved);
    },
    async *frames(input, options = {}) {
      const resolved = resolveDecodeOptions(options);
      const decoder = decoderOf(platform);
      yield* decoder.frames(await readAll(input, resolved.maxBytes, platform.openFile, resolved.signal), resolved);
    },
    trim: (image) => trimmed(backend, checkImage(image)),
    digest: (input, options) => digestInput(platform, input, options),
    hashList: (source, options) => readHashList(backend, platform, source, options),
    examineList: (source, options) => examineList(platform, source, options),
    async openBank(target, { snapshot = {}, ...options } = {}) {
      const read: RecordReader = (source, asked) => readRecords(platform, source, asked as ReadRecordsOptions); // which checks the format
      if (!platform.openBank)
        throw new EgideError('NO_FILESYSTEM', `the ${platform.runtime} runtime has no files and no databases: open the bank in Node`);
      const path = typeof target === 'string' ? { path: `${target}/bank.snapshot` } : {};
      const plan = bankSnapshotPlan(backend, platform, { ...path, ...snapshot });
      return withSnapshots(await platform.openBank(target, options, { read, backend, platform }), plan);
    },
    buildPdqIndex: (hashes, options) => buildPdqIndex(backend, platform, hashes, options),
    openPdqIndex: (source, options) => openPdqIndex(backend, platform, source, options),
    buildDigestIndex: (type, digests, options) => buildDigestIndex(backend, platform, type, digests, options),
    openDigestIndex: (source, options) => openDigestIndex(backend, platform, source, options),
    livePdqIndex: (base, options) => livePdqIndex(backend, platform, base, options),
    joinPdqIndex: (state, options) => joinPdqIndex(backend, platform, state, options),
    pdqIndexCapacity: (memoryBytes, options) => pdqIndexCapacity(backend, memoryBytes, options),
    buildPatchIndex: (records, options) => buildPatchIndex(backend, platform, records, options),
    openPatchIndex: (source, options) => openPatchIndex(backend, platform, source, options),
    livePatchIndex: (base, options) => livePatchIndex(backend, platform, base, options),
    urlRules: (source, options) => readUrlRules(platform, source, options),
    buildUrlIndex: (rules, options) => buildUrlIndex(backend, platform, rules, options),
    openUrlIndex: (source, options) => openUrlIndex(backend, platform, source, options),
    saveSnapshot: (bank, path, options) => saveSnapshot(backend, platform, bank, path, options),
    openSnapshot: (source, options) => openSnapshot(backend, platform, source, options),
    watchSnapshot: (path, options) => watchSnapshot(backend, platform, path, options),
    shield: (options) => createShield(backend, platform, options),
    selfTest: () => selfTest(backend, platform),
  };
}

function decoderOf({ decoder, runtime }: Platform): Decoder {
  if (!decoder)
    throw new EgideError('NO_DECODER', `the ${runtime} runtime has no decoder: decode the file yourself and pass its pixels to image()`);
  return decoder;
}

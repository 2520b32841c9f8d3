import { type Backend, DIGEST_HIT_FIELDS, HASH_BYTES, HIT_FIELDS } from '../backend.js';
import { canonicalUrl } from '../hash/url.js';
import type { Platform } from '../platform.js';
import { patchStages } from './patch-stages.js';
import { picture } from './pictures.js';
import { seededHashes } from './seeded-hashes.js';
import { PATCH_VECTOR, SELF_TEST_VECTORS, type SelfTestVector, URL_VECTORS } from './vectors.js';

/** One thing that was checked. */
export interface SelfTestDetail {
  /** What was checked, with the kernel. */
  readonly name: string;
  readonly ok: boolean;
  /** What was expected and what came; absent when they agree. */
  readonly message?: string;
}

/** What the self-test found. */
export interface SelfTestReport {
  readonly ok: boolean;
  readonly passed: number;
  readonly failed: number;
  readonly elapsedMs: number;
  readonly details: readonly SelfTestDetail[];
}

/** RFC 1321, A.5 and FIPS 180-4: the digests of "abc". */
const DIGESTS_OF_ABC = {
  md5: '900150983cd24fb0d6963f7d28e17f72',
  sha1: 'a9993e364706816aba3e25717850c26c9cd0d89d',
  sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
} as const;

/**
 * Proves in this very runtime that hashing, searching and digests give the published answers, on every kernel that the
 * machine has, that patches are what they are elsewhere, and that URLs get the form that they have elsewhere. Takes some tens of milliseconds.
 */
export function selfTest(backend: Backend, platform: Platform): SelfTestReport {
  const start = performance.now();
  const details: SelfTestDetail[] = [];
  const check = (name: string, got: string, expected: string): void => {
    details.push(got === expected ? { name, ok: true } : { name, ok: false, message: `expected ${expected}, got ${got}` });
  };
  for (const vector of SELF_TEST_VECTORS) {
    const data = picture(vector.pattern, vector.seed, vector.width, vector.height);
    for (const kernel of backend.kernels) checkPdq(backend, vector, data, kernel, check);
  }
  for (const kernel of backend.kernels) checkScan(backend, kernel, check);
  checkIndex(backend, check);
  checkDigestIndex(backend, check);
  checkPatches(backend, check);
  checkDigests(platform, check);
  for (const [url, canonical] of URL_VECTORS) check(`canonical form of ${url}`, canonicalOr(url), canonical);
  const failed = details.filter((detail) => !detail.ok).length;
  return { ok: failed === 0, passed: details.length - failed, failed, elapsedMs: performance.now() - start, details };
}

type Check = (name: string, got: string, expected: string) => void;

function checkPdq(backend: Backend, vector: SelfTestVector, data: Uint8Array, kernel: string, check: Check): void {
  const { pattern, width, height, quality, fullRes, referenceCpp, turned } = vector;
  const pixels = { data, width, height, channels: 3 } as const;
  const name = `PDQ of ${pattern} ${width}x${height}, ${kernel}`;
  const full = backend.pdq(pixels, 'full-res', kernel);
  const cpp = backend.pdq(pixels, 'reference-cpp', kernel);
  check(`${name}, full-res`, `${hex(full.hashes)} ${full.quality}`, `${fullRes.join('')} ${quality[0]}`);
  check(`${name}, reference-cpp`, `${hex(cpp.hashes.subarray(0, HASH_BYTES))} ${cpp.quality}`, `${referenceCpp} ${quality[1]}`);
  if (turned) check(`${name}, turned`, hex(full.turned), turned.join(''));
}

/** Eleven hashes, of which number i has i bits set, against the zero hash. */
function checkScan(backend: Backend, kernel: string, check: Check): void {
  const hashes = new Uint8Array(11 * HASH_BYTES);
  for (let i = 0; i < 11; ++i) for (let bit = 0; bit < i; ++bit) hashes[i * HASH_BYTES + 3 * bit] = 1 << (bit % 8);
  using placed = backend.place(hashes);
  const hits = new Uint32Array(3 * 11);
  const found = backend.hammingScan(new Uint8Array(HASH_BYTES), placed, 4, hits, kernel);
  check(`scan, ${kernel}`, `${found}: ${hits.join()}`, `5: ${[0, 1, 2, 3, 4].map((i) => `0,${i},${i}`).join()}${',0'.repeat(18)}`);
}

/** Hashes of the smallest index with bands (native/core/hamming/pdq_index.hpp, kBandedFrom). */
const INDEXED = 32_768;

/** One stored hash among many, asked for with 0, 20, 31 and 32 bits turned, within 31. */
function checkIndex(backend: Backend, check: Check): void {
  const { index: core } = backend;
  const shape = { count: INDEXED, ids: false, tags: true };
  const { indexBytes, scratchBytes } = core.pdqBytes(shape);
  using index = core.reserve(indexBytes);
  using scratch = core.reserve(scratchBytes);
  const build = { index, scratch };
  const hashes = seededHashes(INDEXED);
  core.pdqBegin(build, shape);
  core.add(build, hashes);
  while (core.step(build, 1 << 20) > 0);

  const asked = 1000;
  const queries = new Uint8Array(4 * HASH_BYTES);
  for (const [query, turned] of [0, 20, 31, 32].entries()) {
    queries.set(hashes.subarray(asked * HASH_BYTES, (asked + 1) * HASH_BYTES), query * HASH_BYTES);
    for (let i = 0; i < turned; ++i) {
      const bit = (37 * i) % (8 * HASH_BYTES);
      const at = query * HASH_BYTES + (bit >> 3);
      queries[at] = (queries[at] as number) ^ (1 << (bit & 7));
    }
  }
  const expected = `true, 3: 0,${asked},0,1,${asked},20,2,${asked},31,0,0,0`;
  const sound = core.open(index).count === INDEXED && !core.pdqScans(index, 31, 4);
  for (const kernel of backend.kernels) {
    const hits = new Uint32Array(4 * HIT_FIELDS);
    const found = core.pdqSearch(index, queries, 31, hits, kernel);
    check(`index, ${kernel}`, `${sound}, ${found}: ${hits.join()}`, expected);
  }
}

/** A digest that is stored twice among a thousand, and the same with a bit turned. */
function checkDigestIndex({ index: core }: Backend, check: Check): void {
  const shape = { width: 32, count: 1000 };
  const { indexBytes, scratchBytes } = core.digestBytes(shape);
  using index = core.reserve(indexBytes);
  using scratch = core.reserve(scratchBytes);
  const build = { index, scratch };
  const digests = seededHashes(shape.count);
  digests.copyWithin(32 * 900, 32 * 7, 32 * 8);
  core.digestBegin(build, shape);
  core.add(build, digests);
  while (core.step(build, 1 << 20) > 0);

  const queries = new Uint8Array(64);
  queries.set(digests.subarray(32 * 7, 32 * 8));
  queries.set(queries.subarray(0, 32), 32);
  queries[63] = (queries[63] as number) ^ 1;
  const hits = new Uint32Array(3 * DIGEST_HIT_FIELDS);
  const found = core.digestFind(index, queries, hits);
  check('index of digests', `${core.open(index).count}, ${found}: ${hits.join()}`, '1000, 2: 0,7,0,900,0,0');
}

/** Patches stage by stage, from the working picture to a match, by the kernel in use. */
function checkPatches(backend: Backend, check: Check): void {
  const { pattern, seed, width, height, stages } = PATCH_VECTOR;
  const data = picture(pattern, seed, width, height);
  const found = patchStages(backend, { data, width, height, channels: 3 });
  for (const stage of Object.keys(stages) as (keyof typeof stages)[])
    check(`patches of ${pattern} ${width}x${height}, ${stage}`, String(found[stage]), String(stages[stage]));
}

function checkDigests(platform: Platform, check: Check): void {
  const digester = platform.createDigester();
  for (const letter of 'abc') digester.update(new TextEncoder().encode(letter));
  const digests = digester.finish();
  for (const type of ['md5', 'sha1', 'sha256'] as const) check(`digest ${type}`, hex(digests[type]), DIGESTS_OF_ABC[type]);
}

/** The canonical form, for which the runtime's own `URL` is needed; or why it gives none. */
function canonicalOr(url: string): string {
  try {
    return canonicalUrl(url).url;
  } catch (error) {
    return String(error);
  }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

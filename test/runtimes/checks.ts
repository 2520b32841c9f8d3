import type { Egide } from '../../src/egide.js';
import { hashToBase64 } from '../../src/hash/encoding.js';
import { canonicalUrl } from '../../src/hash/url.js';
import { urlQuery } from '../../src/search/url-hashing.js';
import { picture as pixelsOf } from '../../src/self-test/pictures.js';
import { seededHashes } from '../../src/self-test/seeded-hashes.js';
import { arachnidShield } from '../../src/shield/remote/arachnid.js';
import { canonicalUrls } from '../vectors/canonical-urls.js';
import { type PdqVector, parsePdqVectors } from '../vectors/pdq-vectors.js';

/** Of the text `abc` (FIPS 180-2, appendix B.1). */
const ABC_SHA256 = 'BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD';

type Check = (egide: Egide, vectors: readonly PdqVector[]) => Promise<void>;

/**
 * What has to hold in every runtime, without a test framework: this file is bundled and run inside workerd, Deno, Bun, Node and
 * Chromium. A check throws when it fails.
 */
export const checks: Readonly<Record<string, Check>> = {
  async 'says which backend it is'(egide) {
    const { name, kernel, reason } = egide.backend;
    if ((name !== 'wasm' && name !== 'native') || kernel === '' || typeof reason !== 'string') throw told('backend', egide.backend);
  },
  async 'passes its own self-test'(egide) {
    const result = await egide.selfTest();
    if (!result.ok || result.failed !== 0 || result.passed === 0) throw told('self-test', result);
  },
  async 'hashes every synthetic picture as the reference does, in both modes'(egide, vectors) {
    if (vectors.length < 100) throw told('vectors', vectors.length);
    for (const vector of vectors) {
      const image = imageOf(egide, vector);
      for (const [mode, expected] of [
        ['full-res', vector.fullRes],
        ['reference-cpp', vector.referenceCpp],
      ] as const) {
        const { hash, quality } = egide.pdq.hash(image, { mode });
        if (hex(hash) !== expected.hash || quality !== expected.quality)
          throw told(`${vector.pattern} ${vector.width}x${vector.height} ${mode}`, { hash: hex(hash), quality, expected });
      }
    }
  },
  async 'hashes asynchronously to the same bits'(egide, vectors) {
    const image = picture(egide, vectors, 'disc');
    const { hashes } = await egide.pdq.hashAsync(image);
    const expected = egide.pdq.orientations(image).hashes;
    if (hashes.length !== 8 || hashes.some((hash, i) => hex(hash) !== hex(expected[i] as Uint8Array))) throw told('hashAsync', hashes);
  },
  async 'finds a turned copy in a list that is given as bytes, and lets another picture through'(egide, vectors) {
    const listed = picture(egide, vectors, 'blocks');
    using list = await egide.hashList(new TextEncoder().encode(`id,pdq\nentry-1,${hex(egide.pdq.hash(listed).hash)}\n`), { name: 'test' });
    const shield = egide.shield({ lists: [list] });

    const hit = await shield.scan(mirrored(egide, listed));
    const match = hit.matches[0];
    if (hit.outcome !== 'match' || hit.action !== 'hold' || match?.signal !== 'pdq' || match.distance > 31 || match.entry.id !== 'entry-1')
      throw told('mirrored copy', hit);
    if (match.orientation === 'original') throw told('orientation', match);

    const miss = await shield.scan(picture(egide, vectors, 'waves'));
    if (miss.outcome !== 'no-match' || miss.action !== 'allow') throw told('other picture', miss);
  },
  async 'finds the same through the bands of an index and in one opened from its bytes'(egide) {
    const hashes = seededHashes(40_000);
    using index = await egide.buildPdqIndex(hashes);
    using opened = await egide.openPdqIndex(new Blob([...index.chunks()].map((chunk) => new Uint8Array(chunk))));
    const query = hashes.slice(32 * 777, 32 * 778);
    query[5] = (query[5] as number) ^ 0x1f;
    for (const each of [index, opened]) {
      const { hits, method } = each.search(query, { maxDistance: 31 });
      if (method !== 'bands' || hits.length !== 1 || hits[0]?.id !== 777 || hits[0].distance !== 5) throw told('hits', { hits, method });
    }
    await opened.verify();
    if (egide.backend.name === 'wasm' && egide.pdqIndexCapacity() < 1_000_000) throw told('capacity', egide.pdqIndexCapacity());
  },
  async 'brings URLs into the same form, and finds one in a list'(egide) {
    for (const [what, text, url] of canonicalUrls) if (canonicalUrl(text).url !== url) throw told(what, canonicalUrl(text));
    using index = await egide.buildUrlIndex(['*.a.example', 'https://b.example/x'], { salt: Uint8Array.of(1, 2, 3) });
    using opened = await egide.openUrlIndex(new Blob([...index.chunks()].map((chunk) => new Uint8Array(chunk))));
    const entry = (id: number) => ({ id: `${id}`, list: 'urls' });
    const shield = egide.shield({ lists: [], urls: [{ name: 'urls', index: opened, entry }] });
    const outcomes = ['http://x.a.example', 'B.example/./x', 'http://b.example/', 'data:,x'].map((url) => shield.scanUrl(url).action);
    if (outcomes.join() !== 'hold,block,allow,hold') throw told('actions', outcomes);
    const query = urlQuery('https://b.example/x', opened.hashing, 16);
    const found = query.matches(query.prefixes.flatMap((prefix) => index.withPrefix(prefix)));
    if (found.length !== 1 || found[0]?.id !== 1) throw told('asked from elsewhere', found);
  },
  async 'asks a service by hash and by file, and holds what is not answered'(egide, vectors) {
    const seen = picture(egide, vectors, 'blocks');
    const fetch = async (url: string, { body }: RequestInit): Promise<Response> => {
      const nothing = { classification: 'no-known-match', match_type: null, near_match_details: [] };
      if (url.endsWith('/v1/media/'))
        return Response.json({ ...nothing, sha1_base32: 'A'.repeat(32), sha256_hex: ABC_SHA256, size_bytes: 3 });
      const { hashes } = JSON.parse(body as string) as { hashes: string[] };
      const csam = { classification: 'csam', match_type: 'near', near_match_details: null };
      const known = hashToBase64(egide.pdq.hash(seen).hash);
      return Response.json({ scanned_hashes: Object.fromEntries(hashes.map((hash) => [hash, hash === known ? csam : nothing])) });
    };
    const service = arachnidShield({ username: 'a', password: 'b', fetch });
    const asked = (send: 'pdq' | 'media', given: Parameters<ReturnType<Egide['shield']>['scan']>[0]) =>
      egide.shield({ lists: [], remote: [{ service, send }] }).scan(given);
    const verdicts = [await asked('pdq', seen), await asked('pdq', picture(egide, vectors, 'waves'))];
    for (const text of ['abc', 'abd']) verdicts.push(await asked('media', new TextEncoder().encode(text)));
    const outcomes = verdicts.map(({ outcome, action }) => `${outcome} ${action}`).join();
    if (outcomes !== 'match hold,no-match allow,no-match allow,could-not-tell hold') throw told('outcomes', verdicts);
  },
  async 'refuses wrong pixels with its own error'(egide) {
    try {
      egide.image({ data: new Uint8Array(10), width: 2, height: 2, channels: 3 });
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'INVALID_ARGUMENT') return;
      throw error;
    }
    throw told('image', 'no error for 10 bytes that should be 12');
  },
};

/** Runs every check: its name, and `ok` or what went wrong. */
export async function runChecks(load: () => Promise<Egide>, tsv: string): Promise<Record<string, string>> {
  const results: Record<string, string> = {};
  const egide = await load();
  const vectors = parsePdqVectors(tsv);
  for (const [name, check] of Object.entries(checks)) {
    try {
      await check(egide, vectors);
      results[name] = 'ok';
    } catch (error) {
      results[name] = error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : String(error);
    }
  }
  results['backend'] = egide.backend.name;
  return results;
}

/**
 * One of the synthetic pictures, at 640 x 480. Formulas make sharper edges than cameras do, so that in some sizes a mirrored copy is
 * far from the original (an even step takes the other pixel of each pair); in this one `blocks` is 15 bits away.
 */
function picture(egide: Egide, vectors: readonly PdqVector[], pattern: string) {
  const vector = vectors.find((v) => v.pattern === pattern && v.width === 640);
  if (!vector) throw told('vectors', `no ${pattern} of 640 x 480`);
  return imageOf(egide, vector);
}

function imageOf(egide: Egide, { pattern, seed, width, height }: PdqVector) {
  return egide.image({ data: pixelsOf(pattern, seed, width, height), width, height, channels: 3 });
}

/** Left and right exchanged. */
function mirrored(egide: Egide, { data, width, height }: ReturnType<typeof picture>) {
  const flipped = new Uint8Array(data.length);
  for (let y = 0; y < height; ++y)
    for (let x = 0; x < width; ++x) {
      const from = 3 * (y * width + x);
      flipped.set(data.subarray(from, from + 3), 3 * (y * width + (width - 1 - x)));
    }
  return egide.image({ data: flipped, width, height, channels: 3 });
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function told(what: string, got: unknown): Error {
  return new Error(`${what}: ${JSON.stringify(got)}`);
}

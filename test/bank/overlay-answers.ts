import type { Egide } from '../../src/egide.js';
import type { Patches } from '../../src/patch/patches.js';
import type { Snapshot, SnapshotList } from '../../src/snapshot/snapshot.js';
import { valueFor } from './fixtures.js';

/** Values of each type that banks of these tests are made of. */
export const POOL = 12;

/** A hash near `number`'s family: every four of the pool lie within some bits of one another. */
export function nearHash(number: number): Uint8Array {
  const hash = valueFor('pdq', number - (number % 4)).slice();
  for (let i = 0; i < number % 4; ++i) hash[3 * i] = (hash[3 * i] as number) ^ 5;
  return hash;
}

export const siteFor = (number: number): string => ['a.example', '*.b.example', 'b.example/x/*', 'https://b.example/x/y'][number % 4] ?? '';
const ASKED_URLS = ['https://a.example/', 'https://b.example/x/y', 'https://c.b.example/x/', 'https://d.example/'];

/** Everything that the lists of a snapshot answer, in one order. */
export async function answersOf(snapshot: Snapshot, pictures: readonly Patches[]): Promise<unknown> {
  return { change: snapshot.change, lists: await Promise.all(snapshot.lists.map((list) => answersOfList(list, pictures))) };
}

async function answersOfList(list: SnapshotList, pictures: readonly Patches[]): Promise<unknown> {
  const { name, entryCount, syncedAt, pdq, digests, patches, urls, photodna, urlMd5 } = list;
  const numbers = Array.from({ length: POOL }, (_, i) => i);
  const named = (id: number): string => JSON.stringify(list.entry(id));
  const queries = new Uint8Array(32 * POOL);
  for (const number of numbers) queries.set(nearHash(number), 32 * number);
  const near = pdq.searchMany(queries, { maxDistance: 20 });
  const few = pdq.searchMany(queries, { maxDistance: 20, limit: 5 });
  const photos = numbers.map((number) => photodna.search(valueFor('photodna', number), { maxDistance: 1_000_000 }));
  return {
    name,
    entryCount,
    syncedAt,
    sizes: [pdq, digests.md5, digests.sha1, digests.sha256, patches, urls, photodna, urlMd5].map(({ size }) => size),
    near: near.hits.map(({ query, id, distance }) => `${query} ${distance} ${named(id)}`).sort(),
    few: [few.hits.map(({ distance }) => distance), few.truncated],
    md5: numbers.map((number) => digests.md5.find(valueFor('md5', number)).map(named).sort()),
    sha1: numbers.map((number) => digests.sha1.find(valueFor('sha1', number)).map(named).sort()),
    sha256: numbers.map((number) => digests.sha256.find(valueFor('sha256', number)).map(named).sort()),
    urlMd5: numbers.map((number) => urlMd5.find(valueFor('url-md5', number)).map(named).sort()),
    photos: (await Promise.all(photos)).map(({ hits }) => hits.map(({ id, distance }) => `${distance} ${named(id)}`).sort()),
    urls: ASKED_URLS.map((url) => urls.search(url).map(({ id, kind, expression }) => `${kind} ${expression} ${named(id)}`)).map(inKinds),
    patches: pictures.map((picture) =>
      patches
        .search(picture)
        .hits.map(({ id, match }) => `${match.tier} ${match.inliers} ${named(id)}`)
        .sort(),
    ),
  };
}

/** The kinds in their order, and the hits in one. */
function inKinds(hits: readonly string[]): unknown {
  return [hits.map((hit) => hit.split(' ')[0]), [...hits].sort()];
}

/** Pictures of nothing, and what a bank keeps of them. */
export async function noisePictures(egide: Egide, count: number): Promise<{ asked: Patches[]; enrolled: Uint8Array[] }> {
  const [asked, enrolled]: [Patches[], Uint8Array[]] = [[], []];
  for (let picture = 0; picture < count; ++picture) {
    const data = Uint8Array.from({ length: 192 * 192 }, (_, i) => (Math.imul(i + 1, 0x9e3779b1 + 2 * picture) >>> 11) ^ (i >> 3));
    const image = egide.image({ data, width: 192, height: 192, channels: 1 });
    asked.push(await egide.patches.extract(image));
    enrolled.push((await egide.patches.enrol(image)).bytes);
  }
  return { asked, enrolled };
}

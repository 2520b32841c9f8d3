import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type { PdqMode } from '../../src/backend.js';
import { parseHash } from '../../src/hash/encoding.js';
import { createPdq, ORIENTATIONS, pdqDistance } from '../../src/hash/pdq.js';
import type { Image } from '../../src/image/image.js';
import { turnedByHand } from '../fixtures/turned.js';
import { backends } from './backends.js';
import { decode } from './decoding.js';

// Hashes of real pictures that other projects have published, on every backend: facebook/ThreatExchange (BSD; its C++, Java and Python),
// MTRNord/pdqhash-go, faustomorales/pdqhash-python (MIT). The pictures are theirs and stay outside this repository: CONTRIBUTING.md.
const folder = process.env['EGIDE_CONFORMANCE'] ?? '';
if (folder === '') console.log('skipped: conformance with published pictures, because EGIDE_CONFORMANCE names no folder (CONTRIBUTING.md)');
else if (!existsSync(folder)) throw new Error(`EGIDE_CONFORMANCE: there is no folder ${folder}`);

interface Published {
  /** Path of the picture inside the folder. */
  readonly file: string;
  readonly hash: string;
  readonly quality?: number | null;
  /** Bits that the publisher allows; 0 if it says nothing. */
  readonly tolerance?: number;
}

const META = 'threatexchange-pdq';
const read = (path: string): string => readFileSync(join(folder, path), 'utf8');
const json = <T>(path: string): T => JSON.parse(read(path)) as T;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** The lists of Meta's and those made after its form. Their `misc-images/b.jpg` is the first picture of `dih`, byte for byte. */
function metaVectors(name: string): Published[] {
  const { vectors, tolerance_hamming } = json<{ vectors: Published[]; tolerance_hamming: number }>(`${META}/expected/${name}`);
  return vectors.map(({ file, hash }) => ({ file: metaPicture(file), hash, tolerance: tolerance_hamming }));
}

function metaPicture(path: string): string {
  const inside = path.replace(/^.*data\//, '').replace('misc-images/b.jpg', 'reg-test-input/dih/bridge-1-original.jpg');
  return `${META}/data/${inside}`;
}

/** Meta's own C++ program on the same files is 2 bits off here too: it was published with another JPEG decoder. */
const OTHER_DECODER = 'bridge-mods/sharpen-a-lot.jpg';

function csvVectors(): Published[] {
  return read(`${META}/expected/PDQMD5TestData.csv`)
    .split('\n')
    .map((line) => line.trim().split(',') as [string, string])
    .filter(([path, hash]) => !path.endsWith('.mp4') && hash?.length === 64)
    .map(([path, hash]) => ({ file: metaPicture(path), hash, tolerance: path.endsWith(OTHER_DECODER) ? 2 : 0 }));
}

/** What the C++ regression run printed for `pdq-photo-hasher FILE...`: lines of hash, quality, path. */
function regressionVectors(): Published[] {
  const found = new Map<string, Published>();
  for (const block of read(`${META}/expected/cpp_reg_test_expected_out.txt`).split('RUNNING\n')) {
    if (!/^pdq-photo-hasher \S*\//.test(block)) continue;
    for (const [, hash = '', quality, path = ''] of block.matchAll(/^([0-9a-f]{64}),(\d+),(.*)$/gm)) {
      const file = metaPicture(path);
      found.set(file, { file, hash, quality: Number(quality) });
    }
  }
  return [...found.values()];
}

/** The same run's `--pdqdih-across`: eight hashes in one line. */
function regressionOrientations(): string[] {
  const block = read(`${META}/expected/cpp_reg_test_expected_out.txt`)
    .split('RUNNING\n')
    .find((text) => /^pdq-photo-hasher --pdqdih-across \S*\//.test(text));
  return (
    block
      ?.match(/^(?:[0-9a-f]{64},){8}/m)?.[0]
      .split(',')
      .slice(0, 8) ?? []
  );
}

function pdqhashPython(): Published[] {
  const expected = json<Record<string, { hash: string; upstream_tolerance_bits: number }>>('pdqhash-python/expected.json');
  return Object.entries(expected).map(([name, { hash, upstream_tolerance_bits: tolerance }]) => ({
    file: `pdqhash-python/${name}`,
    hash,
    tolerance,
  }));
}

interface PythonThreatExchange {
  readonly pdq: Record<string, [hash: string, quality: number | null]>;
  readonly 'rotations_LA.png': Record<string, string>;
}
const pythonThreatExchange = () => json<PythonThreatExchange>('python-threatexchange/expected.json');

function pytxVectors(): Published[] {
  return Object.entries(pythonThreatExchange().pdq).map(([name, [hash, quality]]) => ({
    file: `python-threatexchange/${name}`,
    hash,
    quality,
  }));
}

/** The EXIF orientation whose uprighting is the turn of that name in python-threatexchange. */
const TURN_BY_TAG = { ORIGINAL: 1, ROTATE90: 8, ROTATE180: 3, ROTATE270: 6, FLIPX: 4, FLIPY: 2, FLIPPLUS1: 5, FLIPMINUS1: 7 } as const;

// Both backends hash the same pixels: each picture is decoded once.
const decoded = new Map<string, Promise<Image>>();
function picture(file: string, profile: 'default' | 'pytx' = 'default'): Promise<Image> {
  const key = `${profile} ${file}`;
  let image = decoded.get(key);
  if (!image) {
    image = decode(readFileSync(join(folder, file)), { profile });
    decoded.set(key, image);
  }
  return image;
}

const suites: [who: string, count: number, mode: PdqMode, profile: 'default' | 'pytx', vectors: () => Published[]][] = [
  ["Meta's Java", 8, 'full-res', 'default', () => metaVectors('java_fullres_8.json')],
  ['the examples of python-threatexchange', 14, 'full-res', 'default', () => metaVectors('pytx_examples_fullres.json')],
  ["Meta's pure Python", 19, 'full-res', 'default', () => metaVectors('python_pdq_test.json')],
  ['pdqhash-python', 10, 'full-res', 'default', pdqhashPython],
  ["Meta's C++, its table", 16, 'reference-cpp', 'default', csvVectors],
  ["Meta's C++, its regression run", 8, 'reference-cpp', 'default', regressionVectors],
  ["python-threatexchange's tests", 5, 'full-res', 'pytx', pytxVectors],
];

describe.runIf(folder).each(backends)('published hashes on %s', (_name, makeBackend) => {
  const backend = makeBackend();
  const pdq = createPdq(backend);

  test.each(suites)('%s: %i pictures', async (_who, count, mode, profile, vectors) => {
    const published = vectors();
    expect(published.length).toBeGreaterThanOrEqual(count);
    for (const { file, hash, quality, tolerance = 0 } of published) {
      const answer = pdq.hash(await picture(file, profile), { mode });
      if (tolerance === 0) expect(hex(answer.hash), file).toBe(hash);
      else expect(pdqDistance(answer.hash, parseHash(hash)), file).toBeLessThanOrEqual(tolerance);
      if (quality != null) expect(answer.quality, file).toBe(quality);
    }
  });

  test('eight orientations from one transform: pdqhash-go, the C++ regression run', async () => {
    const go = json<{ vectors: Record<string, string> }>(`${META}/expected/go_dihedral_q0004.json`).vectors;
    const q0004 = await picture(`${META}/data/reg-test-input/labelme-subset/q0004.jpg`);
    const names = ORIENTATIONS.map((name) => (name === 'original' ? 'hash' : `hash${name.charAt(0).toUpperCase()}${name.slice(1)}`));
    expect(pdq.orientations(q0004).hashes.map(hex)).toEqual(names.map((name) => go[name]));

    const bridge = await picture(metaPicture('data/misc-images/b.jpg'));
    expect(pdq.orientations(bridge, { mode: 'reference-cpp' }).hashes.map(hex)).toEqual(regressionOrientations());
  });

  // It turns the pixels (Pillow, counter-clockwise) and hashes again: on noise far from the orientations of the transform.
  test('eight turned copies: python-threatexchange', async () => {
    const rotations = pythonThreatExchange()['rotations_LA.png'];
    const image = await picture('python-threatexchange/LA.png', 'pytx');
    const turned = Object.keys(TURN_BY_TAG).map((name) => {
      const orientation = TURN_BY_TAG[name as keyof typeof TURN_BY_TAG];
      return [name, hex(pdq.hash(turnedByHand({ ...image, orientation })).hash)];
    });
    expect(Object.fromEntries(turned)).toEqual(rotations);
  });

  test.each([1, 3, 6, 8])('EXIF orientation %i: the upright hash is that of the pixels as another program turns them', async (tag) => {
    const file = `${META}/data/reg-test-input/exif-rotn/exif-rotn-${tag}.jpg`;
    const image = await picture(file);
    expect(image.orientation).toBe(tag);
    const { data, info } = await sharp(join(folder, file), { ignoreIcc: true }).autoOrient().raw().toBuffer({ resolveWithObject: true });
    const turned = { ...image, data, width: info.width, height: info.height, orientation: 1 };
    expect(await pdq.hashAsync(image, { upright: true })).toEqual(pdq.orientations(turned));
  });
});

// Meta's pictures of one scene in the colour modes of Pillow. Under `default` each must match, as a person sees it. `pytx` does what
// python-threatexchange does even where that gives another picture (docs/images.md): ink for light, indices for colours, 0 and 1 for 0 and 255.
describe.runIf(folder)('one picture in many colour modes', () => {
  const [, makeBackend] = backends[0] as (typeof backends)[number];
  const pdq = createPdq(makeBackend());
  const modes = `${META}/data/misc-images/modes`;
  const apart = async (file: string, profile: 'default' | 'pytx'): Promise<number> => {
    const original = pdq.hash(await picture(`${modes}/original.jpg`));
    return pdqDistance(pdq.hash(await picture(`${modes}/${file}`, profile)).hash, original.hash);
  };

  const converted = ['RGB.jpg', 'YCbCr.jpg', 'HSV.webp', 'LAB.webp', 'F.webp', 'I.webp', 'PA.webp'];
  test.each([...converted, 'RGBA.png', 'L.png', 'LA.png', 'CMYK.jpg', 'P.png', '1.png'])(
    '%s is near in the default profile',
    async (file) => {
      expect(await apart(file, 'default')).toBeLessThanOrEqual(10);
    },
  );

  test.each([...converted, 'RGBA.png', 'L.png', 'LA.png'])('%s is near in the pytx profile', async (file) => {
    expect(await apart(file, 'pytx')).toBeLessThanOrEqual(10);
  });

  test('CMYK, palette and bilevel are other pictures in the pytx profile', async () => {
    expect(await apart('CMYK.jpg', 'pytx')).toBeGreaterThan(200);
    expect(await apart('P.png', 'pytx')).toBeGreaterThan(31);
    expect(pdq.hash(await picture(`${modes}/1.png`, 'pytx'))).toMatchObject({ quality: 0, unhashable: 'low-quality' });
  });
});

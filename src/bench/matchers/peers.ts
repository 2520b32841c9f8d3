import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { EgideError } from '../../errors.js';
import type { Matcher } from '../matcher.js';
import { bitHashMatcher } from './bit-hash.js';

/** sharp-phash's test.js (2.2.0) calls a distance of 5 or less SIMILAR; its README shows less than 5. */
const SHARP_PHASH_DISTANCE = 5;
/** Told of: a third of 64 bits, where unrelated pictures (half of the bits) begin to come in numbers (our own choice). */
const TOLD_OF_64 = 22;
/** The same of 256 bits. */
const TOLD_OF_256 = 96;

const CALIBRATED = 'none is documented: the threshold at which it is wrong about the unedited distractors no more often than pdq';

/** sharp-phash: 64 bits of a cosine transform. */
export async function sharpPhashMatcher(): Promise<Matcher> {
  const { module, version } = await peer<{ default: typeof import('sharp-phash').default }>('sharp-phash');
  return bitHashMatcher({
    name: 'sharp-phash',
    version,
    setting: `distance <= ${SHARP_PHASH_DISTANCE} of 64 bits (SIMILAR in its test.js)`,
    bits: 64,
    maxDistance: SHARP_PHASH_DISTANCE,
    toldDistance: TOLD_OF_64,
    async hash(file) {
      const { data, width, height } = await decoded(file);
      return module.default(Buffer.from(data), { raw: { width, height, channels: 4 } });
    },
  });
}

/** imghash at its default of 8 x 8 blocks. */
export async function imghashMatcher(): Promise<Matcher> {
  const { module, version } = await peer<typeof import('imghash')>('imghash');
  return bitHashMatcher({
    name: 'imghash',
    version,
    setting: CALIBRATED,
    calibrated: true,
    bits: 64,
    maxDistance: 0,
    toldDistance: TOLD_OF_64,
    hash: async (file) => module.default.hashRaw(await decoded(file), 8),
  });
}

/** blockhash-core by its precise method at the 16 x 16 blocks of its README. */
export async function blockhashMatcher(): Promise<Matcher> {
  const { module, version } = await peer<typeof import('blockhash-core')>('blockhash-core');
  return bitHashMatcher({
    name: 'blockhash',
    version,
    setting: CALIBRATED,
    calibrated: true,
    bits: 256,
    maxDistance: 0,
    toldDistance: TOLD_OF_256,
    hash: async (file) => module.bmvbhash(await decoded(file), 16),
  });
}

/** The pixels that every peer is given: upright RGBA of the decoder that egide uses, so that none is better or worse for its own. */
async function decoded(file: Uint8Array): Promise<{ data: Uint8Array; width: number; height: number }> {
  const { data, info } = await sharp(file, { failOn: 'error' })
    .autoOrient()
    .toColourspace('srgb')
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

/** Loads a package that is not among egide's dependencies. */
async function peer<Module>(name: string): Promise<{ module: Module; version: string }> {
  try {
    const module = (await import(name)) as Module;
    return { module, version: versionOf(createRequire(import.meta.url).resolve(name)) };
  } catch (cause) {
    throw new EgideError('INVALID_ARGUMENT', `the matcher ${name} needs a package that is not installed: npm install ${name}`, { cause });
  }
}

/** The version in the package.json that is nearest above a file. */
function versionOf(file: string): string {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    try {
      const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version?: string };
      if (version !== undefined) return version;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || folder === dirname(folder)) throw error;
    }
  }
}

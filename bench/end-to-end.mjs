// From the bytes of a JPEG file to a hash in Node: egide (eight orientations and the quality included) and three other packages.
import { bmvbhash } from 'blockhash-core';
import imghash from 'imghash';
import sharp from 'sharp';
import phash from 'sharp-phash';
import { load } from '../dist/entry/node.js';
import { hand, interleave, median, photographs, ROW_MS, require } from './measure.mjs';

const egide = await load({ backend: 'native' });
const throughWasm = await load({ backend: 'wasm' });

const SIZES = [
  [512, 512],
  [1600, 1200],
  [4032, 3024],
];

/** Of each hash by the addon, the share of the time that went into decoding. */
const decodingShares = [];

const hashWith = (instance) => async (bytes) => {
  const started = performance.now();
  const image = await instance.decode(bytes);
  const decoded = performance.now();
  const { hash } = instance.pdq.hash(image);
  if (instance === egide) decodingShares.push((decoded - started) / (performance.now() - started));
  return [...hash].map((byte) => byte.toString(2).padStart(8, '0')).join('');
};

async function blockhashOfSharp(bytes) {
  const { data, info } = await sharp(bytes).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  return bits(bmvbhash({ data, width: info.width, height: info.height }, 16));
}

const bits = (hex) => [...hex].map((digit) => Number.parseInt(digit, 16).toString(2).padStart(4, '0')).join('');

/** Each gives its hash as a text of bits. */
const HASHERS = {
  egide: hashWith(egide),
  'egide on wasm': hashWith(throughWasm),
  'sharp-phash': (bytes) => phash(bytes),
  'blockhash-core + sharp': blockhashOfSharp,
  imghash: async (bytes) => bits(await imghash.hash(bytes, 16)),
};

/** The same file twice, a re-encoded copy, another photograph: whoever cannot tell these apart is not measured. */
async function check(name, hasher, [first, second]) {
  const hash = await hasher(first.bytes);
  require(/^[01]{64,256}$/.test(hash), `${name} gave ${hash}`);
  require(hash === (await hasher(first.bytes)), `${name}: twice the same file, two hashes`);
  const apart = (other) => [...other].filter((bit, i) => bit !== hash[i]).length / hash.length;
  const copy = apart(await hasher(await sharp(first.bytes).jpeg({ quality: 60 }).toBuffer()));
  const stranger = apart(await hasher(second.bytes));
  require(copy < 0.1 && stranger > 0.2, `${name}: ${copy} of the bits differ for a copy, ${stranger} for another photograph`);
}

const sizes = [];
for (const [width, height] of SIZES) {
  const files = await photographs(width, height);
  const contenders = [];
  for (const [name, hasher] of Object.entries(HASHERS)) {
    await check(name, hasher, files);
    let next = 0;
    contenders.push({ name, work: () => hasher(files[next++ % files.length].bytes) });
  }
  const bytes = Math.round(files.reduce((sum, file) => sum + file.bytes.length, 0) / files.length);
  decodingShares.length = 0;
  // Every turn takes each photograph as often as the others: they differ.
  const measured = await interleave(contenders, { turnMs: 20, pieces: files.length, ms: 4 * ROW_MS });
  sizes.push({ width, height, bytes, decodingShare: median(decodingShares), contenders: measured });
}
hand({ sizes, sharp: sharp.versions.sharp, libvips: sharp.versions.vips, concurrency: sharp.concurrency() });

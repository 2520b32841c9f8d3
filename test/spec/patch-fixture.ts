import { readFileSync } from 'node:fs';
import sharp, { type Sharp } from 'sharp';
import type { Patches, PatchHit, PatchIndex, PatchProfile, PatchRecord } from '../../src/entry/public.js';
import { type Image, imageOf } from '../../src/image/image.js';
import { picture } from '../../src/self-test/pictures.js';
import { engines } from './live-fixture.js';

/** The public-domain photographs of examples/pictures. */
export const PHOTOS = [
  'airplane-from-above',
  'allium-oreophilum',
  'french-alpine-landscape',
  'locomotion-house-cat',
  'nagasaki-boats',
] as const;

/** A photograph of 640 pixels, or what `change` makes of it. */
export async function shown(photo: number, change: (photo: Sharp) => Sharp = (same) => same): Promise<Image> {
  const file = readFileSync(new URL(`../../examples/pictures/${PHOTOS[photo]}.jpg`, import.meta.url));
  const small = await sharp(file).resize(640, 640, { fit: 'inside' }).png({ compressionLevel: 1 }).toBuffer();
  const { data, info } = await change(sharp(small)).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return imageOf({ data, width: info.width, height: info.height, channels: info.channels as 1 | 3 });
}

/** A part of a photograph: where it begins and how large it is, in shares of its sides. */
export async function cropped(photo: number, left: number, top: number, share: number, mirrored = false): Promise<Image> {
  const { width, height } = await shown(photo);
  const part = {
    left: Math.floor(left * width),
    top: Math.floor(top * height),
    width: Math.floor(share * width),
    height: Math.floor(share * height),
  };
  return shown(photo, (whole) => whole.extract(part).flop(mirrored));
}

/** A picture of nothing: it is in no bank. */
export function unrelated(): Image {
  return imageOf({ data: picture('noise', 7, 320, 240), width: 320, height: 240, channels: 3 });
}

const [[, makeEgide]] = engines as [(typeof engines)[number]];
const maker = makeEgide();

async function enrolled(images: readonly Image[], profile: PatchProfile): Promise<PatchRecord[]> {
  const records: PatchRecord[] = [];
  for (const image of images) records.push(await maker.patches.enrol(image, { profile }));
  return records;
}

/** Each photograph as a whole, then four parts of each that overlap: 25 pictures. */
async function bankPictures(): Promise<Image[]> {
  const pictures = await Promise.all(PHOTOS.map((_, photo) => shown(photo)));
  for (const photo of PHOTOS.keys())
    for (const [left, top] of [
      [0, 0],
      [0.4, 0],
      [0, 0.4],
      [0.4, 0.4],
    ] as const)
      pictures.push(await cropped(photo, left, top, 0.6));
  return pictures;
}

const pictures = await bankPictures();
export const records = { standard: await enrolled(pictures, 'standard'), compact: await enrolled(pictures, 'compact') } as const;

/** What is asked about: parts, mirrored ones, a turned one, a small one, two pictures in one, and none. */
async function queryPictures(): Promise<Image[]> {
  const other = await shown(3);
  const inset = { raw: { width: other.width, height: other.height, channels: 3 as const } };
  return [
    await shown(0),
    await cropped(1, 0.2, 0.2, 0.6),
    await cropped(2, 0.1, 0.3, 0.65, true),
    await shown(4, (whole) => whole.rotate(90)),
    await shown(3, (whole) => whole.resize(300)),
    await shown(0, (whole) => whole.extend({ bottom: 320 }).composite([{ input: other.data as Buffer, ...inset, gravity: 'southwest' }])),
    unrelated(),
  ];
}

/** Patches of the pictures that are asked about. */
export const queries: readonly Patches[] = (await queryPictures()).map((image) => maker.patches.extract(image));
/** Of each: the photographs that it shows. */
export const PHOTOS_IN_QUERIES = [[0], [1], [2], [4], [3], [0, 3], []] as const;

/** Hits of several indexes in the order of one: by tier, by distinctive inliers, by false alarms, by id. */
export function inOrder(hits: readonly PatchHit[]): PatchHit[] {
  const tiers = ['confirmed', 'probable', 'weak'];
  return hits.toSorted(
    ({ id, match: a }, { id: otherId, match: b }) =>
      tiers.indexOf(a.tier) - tiers.indexOf(b.tier) ||
      b.distinctive - a.distinctive ||
      a.log10FalseAlarms - b.log10FalseAlarms ||
      id - otherId,
  );
}

export function bytesOf(index: PatchIndex): Buffer {
  return Buffer.concat([...index.chunks()]);
}

// How far common changes move a PDQ hash: five photographs at two sizes, the nearest of the changed copy's eight orientations.
import sharp from 'sharp';
import { load } from '../dist/entry/node.js';
import { hand, median, photographs, require } from './measure.mjs';

const egide = await load();

const white = { r: 255, g: 255, b: 255 };
const jpeg = (image) => image.jpeg({ quality: 90 }).toBuffer();
/** Cuts a share of the width and height off, or adds it, half of it on each side. */
const cropped =
  (share) =>
  (image, [w, h]) => {
    const [left, top] = [Math.round((w * share) / 2), Math.round((h * share) / 2)];
    return jpeg(image.extract({ left, top, width: w - 2 * left, height: h - 2 * top }));
  };
const bordered =
  (share) =>
  (image, [w, h]) => {
    const [x, y] = [Math.round((w * share) / 2), Math.round((h * share) / 2)];
    return jpeg(image.extend({ top: y, bottom: y, left: x, right: x, background: white }));
  };
const blackSquare =
  (share) =>
  (image, [w, h]) => {
    const side = Math.round(Math.sqrt(w * h * share));
    const input = { create: { width: side, height: side, channels: 3, background: { r: 0, g: 0, b: 0 } } };
    return jpeg(image.composite([{ input, gravity: 'centre' }]));
  };

const CHANGES = {
  'JPEG, quality 50': (image) => image.jpeg({ quality: 50 }).toBuffer(),
  'JPEG, quality 10': (image) => image.jpeg({ quality: 10 }).toBuffer(),
  'half the size': (image, [w]) => jpeg(image.resize({ width: Math.round(w / 2) })),
  'stretched to a square of 200 pixels': (image) => jpeg(image.resize(200, 200, { fit: 'fill' })),
  greyscale: (image) => jpeg(image.greyscale()),
  'brightness + 25 %': (image) => jpeg(image.modulate({ brightness: 1.25 })),
  'blurred, sigma 2': (image) => jpeg(image.blur(2)),
  mirrored: (image) => jpeg(image.flop()),
  'upside down': (image) => jpeg(image.rotate(180)),
  'black square over 5 % of the area': blackSquare(0.05),
  'turned by 3 degrees': (image) => jpeg(image.rotate(3)),
  'cropped by 5 %': cropped(0.05),
  'cropped by 20 %': cropped(0.2),
  'white border of 5 %': bordered(0.05),
  'white border of 20 %': bordered(0.2),
};

const SIZES = [
  [256, 256],
  [900, 675],
];

const decode = (bytes) => egide.decode(bytes);

/** 31: the policy's threshold for a near match. */
const spread = (distances) => ({ median: median(distances), max: Math.max(...distances), near: distances.filter((d) => d <= 31).length });

async function measure(size) {
  const files = await photographs(...size, { grained: false });
  const hashes = [];
  for (const { bytes } of files) hashes.push(egide.pdq.hash(await decode(bytes)).hash);
  const changes = [];
  for (const [name, change] of Object.entries(CHANGES)) {
    const turned = [];
    const bySigns = [];
    for (const [i, { bytes }] of files.entries()) {
      const copy = egide.pdq.orientations(await decode(await change(sharp(bytes), size)));
      require(copy.hashes.length === 8 && copy.turned.length === 8, name);
      const nearest = (eight) => Math.min(...eight.map((hash) => egide.pdq.distance(hash, hashes[i])));
      turned.push(nearest(copy.turned));
      bySigns.push(nearest(copy.hashes));
    }
    changes.push({ name, turned: spread(turned), bySigns: spread(bySigns) });
  }
  return { size, pictures: files.length, changes };
}

const sizes = [];
for (const size of SIZES) sizes.push(await measure(size));
hand({ sizes });

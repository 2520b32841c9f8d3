import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Egide } from '../egide.js';
import { type Image, imageOf } from '../image/image.js';
import type { PictureMap } from '../patch/picture-map.js';
import { uprightSize } from '../patch/working-picture.js';
import type { Looked } from './compare.js';
import { type Comparison, comparePage, type Side } from './compare-page.js';
import type { PatchFinding } from './compare-patches.js';
import { pictureJpeg } from './compare-pictures.js';

/** How the page is to be made. */
export interface CompareReportInit {
  /** Pictures as they are, not blurred and grey. */
  readonly clear: boolean;
  /** What PDQ says. */
  readonly pdq: string;
  readonly version: string;
  readonly signal: AbortSignal;
}

/** Writes one self-contained page about two pictures. It takes its name when it is complete, and only its owner can read it. */
export async function writeCompareReport(
  path: string,
  egide: Egide,
  a: Looked,
  b: Looked,
  finding: PatchFinding,
  { clear, pdq, version, signal }: CompareReportInit,
): Promise<void> {
  const { match } = finding;
  const picture = match && (await egide.patches.map(a.image, b.image, { match, signal }));
  const { name, kernel } = egide.backend;
  const page = comparePage({
    a: await sideOf(a, clear, signal),
    b: await sideOf(b, clear, signal),
    finding,
    map: picture && (await framed(picture, clear, signal)),
    pdq,
    clear,
    made: new Date(),
    by: `egide ${version}, ${name} backend, ${kernel} kernel`,
  });
  // In the folder of the page itself: pictures must not be left where others can read, and renaming needs one file system.
  const folder = await mkdtemp(join(dirname(path), `.${basename(path)}.`));
  try {
    await writeFile(join(folder, 'page.html'), page, { mode: 0o600 });
    await rename(join(folder, 'page.html'), path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function sideOf({ file, image, format, width, height }: Looked, clear: boolean, signal: AbortSignal): Promise<Side> {
  return { file, facts: `${width} x ${height} ${format}`, size: uprightSize(image), jpeg: await pictureJpeg(image, clear, signal) };
}

async function framed(picture: PictureMap, clear: boolean, signal: AbortSignal): Promise<NonNullable<Comparison['map']>> {
  const aligned = await pictureJpeg(fittedColours(picture), clear, signal);
  return { picture, aligned, reference: await pictureJpeg(picture.reference, clear, signal) };
}

/** The query in the reference's frame with the reference's brightness and contrast, so that only what is changed looks different. */
function fittedColours({ aligned, gain, offset }: PictureMap): Image {
  const data = new Uint8ClampedArray(aligned.data);
  for (let at = 0; at < data.length; at += 4)
    for (let c = 0; c < 3; ++c) data[at + c] = (gain[c] as number) * (data[at + c] as number) + (offset[c] as number);
  return imageOf({ ...aligned, data });
}

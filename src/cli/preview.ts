import type { ProblemCode, Verdict } from '../shield/verdict.js';
import { messageOf } from './io.js';

/** A small picture for a report, or why there is none. */
export type Preview = { readonly jpeg: Uint8Array; readonly clear: boolean } | { readonly reason: string };

/** Pixels of the longer side: enough to recognise a picture that one knows (our own choice). */
const SIDE = 192;
/**
 * Pixels of the longer side of the picture that a blurred preview is made of. What is not in these pixels cannot be won
 * back from the page: faces and text are gone, shapes and composition stay (our own choice).
 */
const BLURRED_SIDE = 24;
/** Pixels of one frame that a preview is made of at most: Pillow's `MAX_IMAGE_PIXELS`, as for decoding. */
const MAX_PIXELS = 89_478_485;
/** Problems of a file that was read and decoded to its end all the same. */
const HARMLESS: ReadonlySet<ProblemCode> = new Set<ProblemCode>(['EXCHANGE_FAILED', 'STALE_LIST', 'LOW_QUALITY', 'FEW_FEATURES']);
/** Seconds for one preview (our own choice, as for decoding). */
const TIMEOUT_S = 10;

/**
 * A preview of the frame that matched (or the first). Unless `clear`, the bytes themselves are grey and blurred: the picture
 * is not in the page. A preview that fails takes nothing from the verdict, so the reason stands in its place.
 */
export async function previewOf(path: string, { matches, outcome, problems }: Verdict, clear: boolean): Promise<Preview> {
  if (outcome === 'could-not-tell' && problems.some(({ code }) => !HARMLESS.has(code)))
    return { reason: 'no preview: the file was not fully read' };
  const [frame = 0] = matches.flatMap((match) => ('frame' in match && match.frame !== undefined ? [match.frame] : []));
  try {
    const { default: sharp } = await import('sharp');
    const source = sharp(path, { page: frame, limitInputPixels: MAX_PIXELS, failOn: 'error' }).autoOrient().timeout({ seconds: TIMEOUT_S });
    const small = clear ? source : source.flatten({ background: '#808080' }).greyscale();
    const side = clear ? SIDE : BLURRED_SIDE;
    const { data, info } = await small
      .resize(side, side, { fit: 'inside' })
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info;
    const raw = sharp(data, { raw: { width, height, channels } });
    if (!clear) raw.resize(SIDE, SIDE, { fit: 'inside', kernel: 'cubic' }).blur(4);
    return {
      jpeg: await raw
        .flatten({ background: '#808080' })
        .jpeg({ quality: clear ? 80 : 60 })
        .toBuffer(),
      clear,
    };
  } catch (error) {
    return { reason: `no preview: ${messageOf(error)}` };
  }
}

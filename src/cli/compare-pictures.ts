import type { Image } from '../image/image.js';
import { reduced } from '../patch/working-picture.js';

/** Pixels of the longer side of a picture in the page (our own choice). */
export const PICTURE_SIDE = 640;
/** Pixels of the longer side of what a blurred picture is made of, as for the previews of a scan: no more can be won back from the page. */
const BLURRED_SIDE = 24;
/** Hides the pixels that a blurred picture is made of: a third of one, enlarged (our own choice). */
const BLUR = PICTURE_SIDE / BLURRED_SIDE / 3;

/** A picture for the page, upright, its longer side at most 640 pixels. Unless `clear`, its very bytes are grey and blurred. */
export async function pictureJpeg(image: Image, clear: boolean, signal: AbortSignal): Promise<Uint8Array> {
  const { default: sharp } = await import('sharp');
  const longSide = Math.max(image.width, image.height);
  const side = clear ? PICTURE_SIDE : BLURRED_SIDE;
  const { width, height, colours } = await reduced(image, side / longSide, signal);
  const picture = sharp(Uint8ClampedArray.from(colours), { raw: { width, height, channels: 3 } });
  if (clear) return picture.jpeg({ quality: 80 }).toBuffer();
  const shown = Math.min(1, PICTURE_SIDE / longSide);
  return picture
    .greyscale()
    .resize(Math.max(1, Math.round(shownSide(image, 'width') * shown)), Math.max(1, Math.round(shownSide(image, 'height') * shown)), {
      fit: 'fill',
      kernel: 'cubic',
    })
    .blur(BLUR)
    .jpeg({ quality: 60 })
    .toBuffer();
}

function shownSide({ width, height, orientation }: Image, side: 'width' | 'height'): number {
  return (side === 'width') === orientation < 5 ? width : height;
}

import type { Backend, PictureBox } from '../backend.js';
import type { Image } from './image.js';

/**
 * @internal The picture without its outermost frame, then without a frame within that, as copies of the pixels; none if there is no
 * frame. Finding them takes a millisecond or two, copying as long as copying takes.
 */
export function trimmed(backend: Backend, image: Image): Image[] {
  return backend.trim(image).map((box) => partOf(image, box));
}

function partOf(image: Image, { left, top, width, height }: PictureBox): Image {
  const rowBytes = width * image.channels;
  const data = new Uint8Array(height * rowBytes);
  for (let y = 0; y < height; ++y) {
    const from = ((top + y) * image.width + left) * image.channels;
    data.set(image.data.subarray(from, from + rowBytes), y * rowBytes);
  }
  return { ...image, data, width, height };
}

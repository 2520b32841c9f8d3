import sharp from 'sharp';

/** The pictures in a page. */
export function jpegsOf(page: string): Buffer[] {
  const jpegs = [...page.matchAll(/data:image\/jpeg;base64,([^"]+)"/g)].map(([, text]) => Buffer.from(text as string, 'base64'));
  if (jpegs.length === 0) throw new Error('the page has no preview');
  return jpegs;
}

/** Mean difference between the red and the blue of a pixel, 0 to 255. */
export async function colourfulness(jpeg: Buffer): Promise<number> {
  const pixels = await sharp(jpeg).toColourspace('srgb').raw().toBuffer();
  let sum = 0;
  for (let i = 0; i < pixels.length; i += 3) sum += Math.abs((pixels[i] as number) - (pixels[i + 2] as number));
  return sum / (pixels.length / 3);
}

/** Mean second difference of grey along the rows, 0 to 510: what an edge has and a blur has not. */
export async function sharpness(jpeg: Buffer): Promise<number> {
  const { data, info } = await sharp(jpeg).greyscale().raw().toBuffer({ resolveWithObject: true });
  let sum = 0;
  for (let i = 0; i + 2 < data.length; i += info.channels)
    sum += Math.abs((data[i] as number) - 2 * (data[i + info.channels] as number) + (data[i + 2 * info.channels] ?? (data[i] as number)));
  return sum / (info.width * info.height);
}

import { captionBand, emojiOverlay, memeText, playerOverlay, watermark } from './overlays.mjs';
import { seeded } from './random.mjs';
import { chatScreen, listScreen, postScreen, windowScreen } from './screens.mjs';

const PHONE = [390, 844];
const TABLET = [820, 1100];
const DESKTOP = [1280, 800];
const PICTURES = [
  [640, 480],
  [480, 640],
  [600, 600],
  [800, 450],
];
/** What is drawn, on which sizes. Screens stand alone; overlays lie on a background. */
const KINDS = [
  { name: 'post', draw: postScreen, sizes: [PHONE, PHONE, TABLET] },
  { name: 'chat', draw: chatScreen, sizes: [PHONE, PHONE, TABLET] },
  { name: 'list', draw: listScreen, sizes: [PHONE, TABLET] },
  { name: 'window', draw: windowScreen, sizes: [DESKTOP] },
  { name: 'meme', draw: memeText, sizes: PICTURES, overlay: true },
  { name: 'caption', draw: captionBand, sizes: PICTURES, overlay: true },
  { name: 'meme', draw: memeText, sizes: PICTURES, overlay: true },
  { name: 'caption', draw: captionBand, sizes: PICTURES, overlay: true },
  { name: 'emoji', draw: emojiOverlay, sizes: PICTURES, overlay: true },
  { name: 'watermark', draw: watermark, sizes: PICTURES, overlay: true },
  { name: 'player', draw: playerOverlay, sizes: PICTURES, overlay: true },
];

/** Picture number so and so: its kind, its size, and the drawing as SVG, without its background. */
export function stopPicture(seed, number) {
  const random = seeded(seed * 0x10001 + number);
  const { name, draw, sizes, overlay = false } = KINDS[number % KINDS.length];
  const [width, height] = random.one(sizes);
  return { kind: name, width, height, overlay, drawing: draw(random, width, height) };
}

/** Clouds and a slope of light, instead of a photograph: what an overlay may lie on. */
function background(random, width, height) {
  const frequency = random.between(0.002, 0.02).toFixed(4);
  const colour = () => `hsl(${random.whole(0, 359)} ${random.whole(10, 60)}% ${random.whole(25, 70)}%)`;
  return `<defs><linearGradient id="g" x2="${random.chance(0.5) ? 1 : 0}" y2="1"><stop stop-color="${colour()}"/><stop offset="1" stop-color="${colour()}"/></linearGradient>
<filter id="c"><feTurbulence type="fractalNoise" baseFrequency="${frequency}" numOctaves="4" seed="${random.whole(0, 9999)}"/></filter></defs>
<rect width="${width}" height="${height}" fill="url(#g)"/><rect width="${width}" height="${height}" filter="url(#c)" opacity="0.6"/>`;
}

/** A rendering of it as a JPEG file; each has a background, a scale and a quality of its own. */
export function rendering(sharp, picture, seed) {
  const random = seeded(seed);
  const { width, height, overlay, drawing } = picture;
  const ground = overlay ? background(random, width, height) : '';
  const scale = random.between(0.8, 1.6);
  const file = `<svg xmlns="http://www.w3.org/2000/svg" width="${Math.round(width * scale)}" height="${Math.round(height * scale)}"
viewBox="0 0 ${width} ${height}">${ground}${drawing}</svg>`;
  return sharp(Buffer.from(file))
    .jpeg({ quality: random.whole(60, 95) })
    .toBuffer();
}

import type { Emoji, Pair, StepParameters, TextLine } from './attack.js';

/** The drawings of the emoji, each on a square of 100 x 100. Our own. */
const EMOJI: { readonly [name in Emoji['draw']]: string } = {
  face: `<circle cx="50" cy="50" r="48" fill="#ffcc22" stroke="#c98a00" stroke-width="3"/>
<ellipse cx="34" cy="40" rx="6" ry="9" fill="#5b3a00"/><ellipse cx="66" cy="40" rx="6" ry="9" fill="#5b3a00"/>
<path d="M22 58 Q50 98 78 58 Q50 68 22 58 Z" fill="#7a2e12"/><path d="M30 63 Q50 70 70 63 L67 68 Q50 74 33 68 Z" fill="white"/>
<circle cx="19" cy="57" r="7" fill="#ff9a6b" opacity="0.7"/><circle cx="81" cy="57" r="7" fill="#ff9a6b" opacity="0.7"/>`,
  heart: `<path d="M50 92 C10 62 2 44 4 30 C7 10 35 4 50 28 C65 4 93 10 96 30 C98 44 90 62 50 92 Z" fill="#e0243b" stroke="#8f0f22" stroke-width="3"/>
<path d="M18 34 C18 22 28 18 34 20" fill="none" stroke="white" stroke-width="5" stroke-linecap="round" opacity="0.8"/>`,
  star: `<path d="M50 3 L64 35 L98 39 L72 62 L80 96 L50 78 L20 96 L28 62 L2 39 L36 35 Z" fill="#ffd83b" stroke="#d08a00" stroke-width="3"/>
<path d="M50 16 L58 39 L50 37 Z" fill="white" opacity="0.7"/>`,
};

/** A drawing as large as the picture. */
export function svg(width: number, height: number, content: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${content}</svg>`;
}

/** Emoji where they are to lie. */
export function emojiDrawing(width: number, height: number, emoji: readonly Emoji[]): string {
  const placed = emoji.map(({ draw, height: share, at, opacity = 1 }) => {
    const side = height * share;
    const [x, y] = at ? [width * at[0], height * at[1]] : [(width - side) / 2, (height - side) / 2];
    return `<g transform="translate(${x} ${y}) scale(${side / 100})" opacity="${opacity}">${EMOJI[draw]}</g>`;
  });
  return svg(width, height, placed.join(''));
}

/** How far below the middle of a line of capitals its base line is, in font sizes: half of DejaVu's capital height of 0.73. */
const BASELINE = 0.365;

/** One line of bold text; sizes in pixels. */
function line(text: string, x: number, y: number, size: number, attributes: string): string {
  const style = `font-family="DejaVu Sans, sans-serif" font-weight="bold" font-size="${size}"`;
  return `<text x="${x}" y="${y + BASELINE * size}" ${style} ${attributes}>${text}</text>`;
}

/** The mean width of capitals and spaces of DejaVu Sans Bold in font sizes, at most (measured here: 0.66 to 0.8). */
const LETTER_WIDTH = 0.8;

/** The largest font in which so many letters take 94 of 100 parts of a width. */
function widest(letters: number, width: number): number {
  return (0.94 * width) / (letters * LETTER_WIDTH);
}

/** Lines of text where they are to stand, no wider than the picture. */
export function textDrawing(width: number, height: number, lines: readonly TextLine[]): string {
  const drawn = lines.map(({ text, size, at: [x, y], anchor, colour, outline }) => {
    const fitting = Math.min(height * size, widest(text.length, width));
    const stroke = outline ? `stroke="${outline}" stroke-width="${fitting * 0.06}" paint-order="stroke"` : '';
    return line(text, width * x, height * y, fitting, `text-anchor="${anchor}" fill="${colour}" ${stroke}`);
  });
  return svg(width, height, drawn.join(''));
}

/** A slanting word in every tile. */
export function watermarkDrawing(
  width: number,
  height: number,
  { text, size, degrees, tile, opacity }: StepParameters['watermark'],
): string {
  const [across, down]: Pair = [width * tile[0], height * tile[1]];
  const words: string[] = [];
  for (let y = down / 2; y < height; y += down)
    for (let x = across / 2; x < width; x += across)
      words.push(`<g transform="rotate(${degrees} ${x} ${y})">${line(text, x, y, height * size, 'text-anchor="middle" fill="white"')}</g>`);
  return svg(width, height, `<g opacity="${opacity}">${words.join('')}</g>`);
}

/** White stripes from side to side. */
export function stripesDrawing(width: number, height: number, { period, width: stripe, opacity }: StepParameters['stripes']): string {
  const count = Math.ceil(height / period);
  const stripes = Array.from({ length: count }, (_, i) => `<rect y="${i * period}" width="${width}" height="${stripe}"/>`);
  return svg(width, height, `<g fill="white" opacity="${opacity}">${stripes.join('')}</g>`);
}

/** A black line through points, its corners round. */
export function scribbleDrawing(width: number, height: number, { points, width: share }: StepParameters['scribble']): string {
  const path = points.map(([x, y]) => `${width * x},${height * y}`).join(' ');
  const stroke = `stroke="black" stroke-width="${share * Math.min(width, height)}" stroke-linecap="round" stroke-linejoin="round"`;
  return svg(width, height, `<polyline points="${path}" fill="none" ${stroke}/>`);
}

/** A white canvas with centred lines of text, as large as `width` and `band` pixels let them be, in a band at its top. */
export function captionDrawing(width: number, height: number, band: number, lines: readonly string[]): string {
  const longest = Math.max(...lines.map((text) => text.length));
  const size = Math.min((band * 0.75) / lines.length, widest(longest, width));
  const drawn = lines.map((text, i) => {
    const middle = band / 2 + (i - (lines.length - 1) / 2) * size * 1.2;
    return line(text, width / 2, middle, size, 'text-anchor="middle" fill="black"');
  });
  return svg(width, height, `<rect width="${width}" height="${height}" fill="white"/>${drawn.join('')}`);
}

/** An app's screen for a picture that begins at `above` and ends at `below` pixels: status bar, title, heart, likes, a caption, tabs. Our own. */
export function screenDrawing(width: number, height: number, above: number, below: number): string {
  // A hundredth of the picture's height, of which the upper bar has 18, but not so much that words are cut off.
  const unit = Math.min(above / 18, width / 90);
  const text = (words: string, x: number, y: number, size: number, colour = '#222', anchor = 'start'): string =>
    line(words, x, y, size * unit, `text-anchor="${anchor}" fill="${colour}"`);
  const [left, right] = [4 * unit, width - 4 * unit];
  const status = `${text('12:04', left, 3.5 * unit, 3.4)}<rect x="${right - 7 * unit}" y="${2 * unit}" width="${6 * unit}" height="${3 * unit}"
rx="${unit * 0.7}" fill="none" stroke="#222" stroke-width="${unit * 0.4}"/>
<rect x="${right - 6.5 * unit}" y="${2.5 * unit}" width="${4 * unit}" height="${2 * unit}" fill="#222"/>`;
  const title = `<circle cx="${left + 4 * unit}" cy="${12 * unit}" r="${4 * unit}" fill="#5a8dee"/>
${text('SomeApp', left + 10 * unit, 12 * unit, 5, '#333')}
${[0, 1, 2].map((i) => `<circle cx="${right - i * 2 * unit}" cy="${12 * unit}" r="${unit * 0.6}" fill="#333"/>`).join('')}`;
  const likes = `<g transform="translate(${left} ${below + 3 * unit}) scale(${unit * 0.07})">${EMOJI.heart}</g>
<path d="M${left + 11 * unit} ${below + 4 * unit} h${7 * unit} v${5 * unit} h${-4 * unit} l${-3 * unit} ${2 * unit} z" fill="none" stroke="#222"
stroke-width="${unit * 0.6}"/>${text('1,234 likes', left, below + 15 * unit, 5)}
${text('user', left, below + 22 * unit, 4.5)}${text('a caption of some words', left + 14 * unit, below + 22 * unit, 4.5, '#555')}
${text('View all 56 comments', left, below + 29 * unit, 4, '#999')}`;
  const tabs = [0.1, 0.3, 0.5, 0.7, 0.9].map((x, i) => {
    const [cx, cy] = [x * width, height - 5 * unit];
    return i % 2 === 0
      ? `<circle cx="${cx}" cy="${cy}" r="${2.5 * unit}" fill="none" stroke="#444" stroke-width="${unit * 0.6}"/>`
      : `<rect x="${cx - 2.3 * unit}" y="${cy - 2.3 * unit}" width="${4.6 * unit}" height="${4.6 * unit}" fill="#444"/>`;
  });
  const ground = `<rect width="${width}" height="${height}" fill="white"/><rect width="${width}" height="${above}" fill="#f2f3f5"/>
<rect y="${height - 10 * unit}" width="${width}" height="${unit * 0.3}" fill="#ccc"/>`;
  return svg(width, height, ground + status + title + likes + tabs.join(''));
}

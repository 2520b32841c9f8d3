import { anyFont, emoji, text } from './drawings.mjs';
import { phrase } from './words.mjs';

const upper = (random, words) => (random.chance(0.5) ? words.toUpperCase() : words);

/** As large as so many letters of bold type may be in a width (0.8 is the mean width of the capitals of DejaVu Sans Bold at most, measured here). */
const fitting = (words, width, size) => Math.min(size, (0.94 * width) / (words.length * 0.8));

/** White words with a black outline at the top and the bottom. */
export function memeText(random, width, height) {
  const font = anyFont(random);
  const line = (y) => {
    const words = upper(random, phrase(random, random.whole(2, 4)));
    const size = fitting(words, width, height * random.between(0.07, 0.14));
    const outline = random.chance(0.8) ? 'black' : undefined;
    return text(words, width / 2, y + size * 0.36, size, {
      colour: random.one(['white', 'white', '#ffee55']),
      weight: 'bold',
      anchor: 'middle',
      font,
      outline,
    });
  };
  return line(height * 0.1) + line(height * 0.9);
}

/** Black words on a white band (or the reverse) above what is shown. */
export function captionBand(random, width, height) {
  const count = random.whole(1, 3);
  const lines = Array.from({ length: count }, () => upper(random, phrase(random, random.whole(3, 6))));
  const size = Math.min(...lines.map((words) => fitting(words, width, height * random.between(0.05, 0.1))));
  const [paper, ink] = random.chance(0.75) ? ['white', 'black'] : ['black', 'white'];
  const band = size * 1.25 * (count + 0.8);
  const style = { colour: ink, weight: random.one(['bold', 'bold', 'normal']), anchor: 'middle', font: anyFont(random) };
  const drawn = lines.map((words, i) => text(words, width / 2, size * 1.25 * (i + 1.1), size, style));
  return `<rect width="${width}" height="${band}" fill="${paper}"/>${drawn.join('')}`;
}

/** Some emoji, large ones and rows of small ones. */
export function emojiOverlay(random, width, height) {
  return Array.from({ length: random.whole(2, 5) }, () => {
    const side = height * random.between(0.1, 0.5);
    return emoji(random, random.between(0, width - side), random.between(0, height - side), side);
  }).join('');
}

/** A slanting word in every tile. */
export function watermark(random, width, height) {
  const word = random.one(['SAMPLE', 'PREVIEW', 'DEMO', 'COPY', 'DRAFT', 'PROOF', 'PHOTO', 'IMAGE', 'STOCK']);
  const [size, degrees] = [height * random.between(0.05, 0.1), random.between(-45, 45)];
  const words = [];
  for (let y = height * 0.1; y < height; y += height * 0.22)
    for (let x = width * 0.15; x < width; x += width * 0.3)
      words.push(
        `<g transform="rotate(${degrees} ${x} ${y})">${text(word, x, y, size, { colour: 'white', weight: 'bold', anchor: 'middle' })}</g>`,
      );
  return `<g opacity="${random.between(0.35, 0.7)}">${words.join('')}</g>`;
}

/** A play button and the line of a video's controls. */
export function playerOverlay(random, width, height) {
  const [x, y, r] = [width / 2, height / 2, height * random.between(0.08, 0.16)];
  const bar = height * 0.93;
  return `<circle cx="${x}" cy="${y}" r="${r}" fill="black" opacity="0.6"/><path d="M${x - r * 0.35} ${y - r * 0.5} L${x + r * 0.55} ${y} L${x - r * 0.35} ${y + r * 0.5} Z" fill="white"/>
<rect x="${width * 0.03}" y="${bar}" width="${width * 0.94}" height="${height * 0.012}" fill="white" opacity="0.5"/>
<circle cx="${width * random.between(0.1, 0.9)}" cy="${bar + height * 0.006}" r="${height * 0.018}" fill="#ff2d2d"/>
${text(`0:${random.whole(10, 59)} / ${random.whole(1, 9)}:${random.whole(10, 59)}`, width * 0.04, bar - height * 0.025, height * 0.035, { colour: 'white' })}`;
}

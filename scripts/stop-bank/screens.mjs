import { icon, text } from './drawings.mjs';
import { LABELS, phrase } from './words.mjs';

/** Colours of a light or a dark screen. */
function colours(random) {
  return random.chance(0.6)
    ? {
        ground: random.one(['#ffffff', '#f6f6f8']),
        bar: random.one(['#f2f3f5', '#ffffff', '#ececf0']),
        ink: '#1c1c1e',
        faint: '#8a8a90',
        line: '#d0d0d4',
      }
    : {
        ground: random.one(['#000000', '#121214']),
        bar: random.one(['#1c1c20', '#26262a']),
        ink: '#f2f2f4',
        faint: '#8e8e94',
        line: '#38383c',
      };
}

const rect = (x, y, width, height, fill, rx = 0, more = '') =>
  `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${rx}" fill="${fill}" ${more}/>`;
const digits = (random, count) => Array.from({ length: count }, () => random.whole(0, 9)).join('');
const clock = (random) => `${random.whole(0, 2)}${random.whole(0, 3)}:${random.whole(0, 5)}${random.whole(0, 9)}`;

/** The line at a phone's top: clock, signal, battery. */
function statusBar(random, width, unit, { bar, ink }) {
  const y = 3.4 * unit;
  const bars = [0, 1, 2, 3].map((i) =>
    rect(width - (17 - 1.3 * i) * unit, y - (0.9 + 0.6 * i) * unit, unit * 0.9, (0.9 + 0.6 * i) * unit, ink, unit * 0.2),
  );
  const battery = `${rect(width - 8 * unit, y - 2.6 * unit, 5.4 * unit, 2.7 * unit, 'none', unit * 0.7, `stroke="${ink}" stroke-width="${unit * 0.35}"`)}
${rect(width - 7.5 * unit, y - 2.1 * unit, random.between(1.5, 4.4) * unit, 1.7 * unit, ink, unit * 0.3)}`;
  return (
    rect(0, 0, width, 5 * unit, bar) +
    text(clock(random), 3 * unit, y, 3.2 * unit, { colour: ink, weight: random.one(['bold', 'normal']) }) +
    bars.join('') +
    battery
  );
}

function titleBar(random, width, y, unit, { bar, ink, faint }) {
  const [side, middle] = [5 * unit, y + 5 * unit];
  const person = `<circle cx="${14 * unit}" cy="${middle}" r="${3.6 * unit}" fill="${random.one(['#5a8dee', '#e0679a', '#58b368', faint])}"/>`;
  return `${rect(0, y, width, 10 * unit, bar)}${icon(random, 2 * unit, middle - side / 2, side, ink)}${random.chance(0.6) ? person : ''}
${text(random.one(LABELS), 20 * unit, middle + 1.3 * unit, random.between(3.2, 4.6) * unit, { colour: ink, weight: 'bold' })}
${icon(random, width - 7 * unit, middle - side / 2, side, ink)}${icon(random, width - 15 * unit, middle - side / 2, side, ink)}`;
}

function tabBar(random, width, y, unit, { bar, ink, faint, line }) {
  const count = random.whole(3, 5);
  const tabs = Array.from({ length: count }, (_, i) => {
    const x = ((i + 0.5) * width) / count;
    const name = random.chance(0.5) ? text(random.one(LABELS), x, y + 9.2 * unit, 2.2 * unit, { colour: faint, anchor: 'middle' }) : '';
    return icon(random, x - 2.5 * unit, y + 1.6 * unit, 5 * unit, i === 0 ? ink : faint) + name;
  });
  return `${rect(0, y, width, 11 * unit, bar)}${rect(0, y, width, 0.2 * unit, line)}${tabs.join('')}`;
}

/** Icons, likes, a caption and comments below a picture. */
function postFoot(random, y, unit, { ink, faint }) {
  const icons = [0, 1, 2].map((i) => icon(random, (3 + 9 * i) * unit, y + 2 * unit, 6 * unit, ink));
  const lines = [
    `${random.whole(1, 9)},${digits(random, 3)} likes`,
    phrase(random, 5),
    phrase(random, 6),
    `View all ${digits(random, 2)} comments`,
  ];
  const said = lines.map((words, i) =>
    text(words, 3 * unit, y + (14 + 6 * i) * unit, random.between(3, 4.6) * unit, {
      colour: i === 3 ? faint : ink,
      weight: i === 0 ? 'bold' : 'normal',
    }),
  );
  return icons.join('') + said.join('');
}

const KEYS = [
  ['qwertyuiop', 'asdfghjkl', 'zxcvbnm'],
  ['QWERTYUIOP', 'ASDFGHJKL', 'ZXCVBNM'],
  ['йцукенгшщзх', 'фывапролджэ', 'ячсмитьбю'],
  ['qwertzuiop', 'asdfghjkl', 'yxcvbnm'],
];

function keyboard(random, width, y, height, { ground, bar, ink, line }) {
  const row = height / 4;
  const drawn = random.one(KEYS).flatMap((letters, r) => {
    const key = width / Math.max(10, letters.length);
    const left = (width - letters.length * key) / 2;
    return [...letters].map((letter, i) => {
      const x = left + i * key;
      return `${rect(x + key * 0.07, y + row * (r + 0.08), key * 0.86, row * 0.84, ground, key * 0.12, `stroke="${line}"`)}
${text(letter, x + key / 2, y + row * (r + 0.66), row * 0.45, { colour: ink, anchor: 'middle' })}`;
    });
  });
  const space = rect(width * 0.25, y + row * 3.08, width * 0.5, row * 0.84, ground, row * 0.1, `stroke="${line}"`);
  return rect(0, y, width, height, bar) + drawn.join('') + space;
}

/** A phone or tablet with a post: bars above and below what it shows. */
export function postScreen(random, width, height) {
  const unit = width / random.between(75, 110);
  const look = colours(random);
  const foot = height - random.between(38, 52) * unit;
  return `${rect(0, 0, width, height, look.ground)}${statusBar(random, width, unit, look)}${titleBar(random, width, 5 * unit, unit, look)}
${postFoot(random, foot, unit, look)}${tabBar(random, width, height - 11 * unit, unit, look)}`;
}

/** A chat above a keyboard. */
export function chatScreen(random, width, height) {
  const unit = width / random.between(75, 110);
  const look = colours(random);
  const keys = height * random.between(0.3, 0.4);
  const bubbles = [];
  for (let y = 18 * unit; y < height - keys - 12 * unit; y += 10 * unit) {
    const words = phrase(random, random.whole(1, 5));
    const size = 3.4 * unit;
    const wide = Math.min(width * 0.8, words.length * size * 0.62 + 4 * unit);
    const mine = random.chance(0.5);
    const x = mine ? width - wide - 2 * unit : 2 * unit;
    bubbles.push(
      rect(x, y, wide, 8 * unit, mine ? '#2f7cf6' : look.bar, 3 * unit) +
        text(words, x + 2 * unit, y + 5.2 * unit, size, { colour: mine ? 'white' : look.ink }),
    );
  }
  return `${rect(0, 0, width, height, look.ground)}${statusBar(random, width, unit, look)}${titleBar(random, width, 5 * unit, unit, look)}
${bubbles.join('')}${keyboard(random, width, height - keys, keys, look)}`;
}

/** A list of settings with switches. */
export function listScreen(random, width, height) {
  const unit = width / random.between(75, 130);
  const look = colours(random);
  const rows = [];
  for (let y = 16 * unit; y < height - 12 * unit; y += 11 * unit) {
    const on = random.chance(0.5);
    const control = random.chance(0.5)
      ? `${rect(width - 12 * unit, y + 3 * unit, 9 * unit, 5 * unit, on ? '#34c759' : look.faint, 2.5 * unit)}<circle cx="${width - (on ? 5.5 : 9.5) * unit}" cy="${y + 5.5 * unit}" r="${2.1 * unit}" fill="white"/>`
      : `<path d="M${width - 5 * unit} ${y + 3.5 * unit} l${2 * unit} ${2 * unit} l${-2 * unit} ${2 * unit}" fill="none" stroke="${look.faint}" stroke-width="${0.6 * unit}"/>`;
    rows.push(`${icon(random, 3 * unit, y + 3 * unit, 5 * unit, look.ink)}${text(random.one(LABELS), 11 * unit, y + 5 * unit, 3.4 * unit, { colour: look.ink })}
${text(phrase(random, 4), 11 * unit, y + 9 * unit, 2.6 * unit, { colour: look.faint })}${control}${rect(11 * unit, y + 10.8 * unit, width, 0.2 * unit, look.line)}`);
  }
  return `${rect(0, 0, width, height, look.ground)}${statusBar(random, width, unit, look)}${titleBar(random, width, 5 * unit, unit, look)}
${rows.join('')}${tabBar(random, width, height - 11 * unit, unit, look)}`;
}

/** A browser window on a desktop, of one of two kinds of system. */
export function windowScreen(random, width, height) {
  const unit = height / random.between(90, 130);
  const look = colours(random);
  const lights = ['#ff5f57', '#febc2e', '#28c840'].map(
    (fill, i) => `<circle cx="${(3 + 4 * i) * unit}" cy="${3 * unit}" r="${1.3 * unit}" fill="${fill}"/>`,
  );
  const boxes = `<path d="M${width - 15 * unit} ${3 * unit} h${2.4 * unit}" stroke="${look.ink}" stroke-width="${0.3 * unit}"/>
${rect(width - 9.6 * unit, 1.8 * unit, 2.4 * unit, 2.4 * unit, 'none', 0, `stroke="${look.ink}" stroke-width="${0.3 * unit}"`)}${icon(random, width - 5 * unit, 1.4 * unit, 3.2 * unit, look.ink, '<path d="M6 6 L18 18 M18 6 L6 18"/>')}`;
  const tools = [0, 1, 2].map((i) => icon(random, (2 + 5 * i) * unit, 7 * unit, 4 * unit, look.ink));
  const menu = Array.from({ length: 6 }, (_, i) =>
    text(random.one(LABELS), (4 + 14 * i) * unit, 17 * unit, 2.4 * unit, { colour: look.ink }),
  );
  const lines = [];
  for (let y = 24 * unit; y < height - 8 * unit; y += 4.4 * unit)
    lines.push(text(phrase(random, random.whole(6, 14)), 5 * unit, y, 2.6 * unit, { colour: look.ink }));
  const tasks = Array.from({ length: 7 }, (_, i) => icon(random, (3 + 7 * i) * unit, height - 5 * unit, 4 * unit, look.ink));
  return `${rect(0, 0, width, height, look.ground)}${rect(0, 0, width, 19 * unit, look.bar)}${random.chance(0.5) ? lights.join('') : boxes}
${tools.join('')}${rect(19 * unit, 7 * unit, width - 40 * unit, 4 * unit, look.ground, 2 * unit)}${text('www.example.org', 22 * unit, 10 * unit, 2.4 * unit, { colour: look.faint })}
${menu.join('')}${lines.join('')}${rect(0, height - 6 * unit, width, 6 * unit, look.bar)}${tasks.join('')}${text(clock(random), width - 10 * unit, height - 2 * unit, 2.4 * unit, { colour: look.ink })}`;
}

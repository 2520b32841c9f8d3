/** Icons of app and system screens on squares of 24 x 24, in outline or filled. Our own. */
const ICONS = [
  '<path d="M3 11 L12 3 L21 11 V21 H14 V15 H10 V21 H3 Z"/>', // home
  '<circle cx="10" cy="10" r="6"/><path d="M15 15 L21 21"/>', // search
  '<path d="M12 21 C4 15 2 11 2 8 C2 3 9 2 12 7 C15 2 22 3 22 8 C22 11 20 15 12 21 Z"/>', // heart
  '<path d="M3 4 H21 V16 H11 L6 21 V16 H3 Z"/>', // bubble
  '<circle cx="12" cy="12" r="9"/><path d="M12 7 V17 M7 12 H17"/>', // plus
  '<circle cx="12" cy="8" r="4.5"/><path d="M3 21 C4 14 20 14 21 21 Z"/>', // person
  '<path d="M15 4 L7 12 L15 20"/>', // back
  '<path d="M3 6 H21 M3 12 H21 M3 18 H21"/>', // menu
  '<path d="M21 3 L3 11 L10 14 L13 21 Z M10 14 L21 3"/>', // send
  '<path d="M6 3 H18 V21 L12 16 L6 21 Z"/>', // bookmark
  '<path d="M6 6 L18 18 M18 6 L6 18"/>', // close
  '<path d="M4 12 L10 18 L20 6"/>', // tick
  '<path d="M12 3 C7 3 6 8 6 12 L4 17 H20 L18 12 C18 8 17 3 12 3 Z M10 20 H14"/>', // bell
  '<rect x="3" y="6" width="18" height="14" rx="3"/><circle cx="12" cy="13" r="4"/>', // camera
  '<path d="M7 4 L20 12 L7 20 Z"/>', // play
  '<circle cx="12" cy="12" r="3.5"/><circle cx="12" cy="12" r="8"/><path d="M12 1 V5 M12 19 V23 M1 12 H5 M19 12 H23"/>', // settings
  '<path d="M12 3 V15 M7 10 L12 15 L17 10 M4 20 H20"/>', // download
  '<path d="M12 2 L15 9 L22 9.5 L16.5 14 L18.5 21 L12 17 L5.5 21 L7.5 14 L2 9.5 L9 9 Z"/>', // star
  '<circle cx="5" cy="12" r="1.6"/><circle cx="12" cy="12" r="1.6"/><circle cx="19" cy="12" r="1.6"/>', // more
  '<path d="M3 20 V10 H7 V20 Z M7 11 L11 3 C14 3 13 7 13 9 H20 L18 20 H7"/>', // thumb
  '<rect x="5" y="11" width="14" height="10" rx="2"/><path d="M8 11 V7 C8 2 16 2 16 7 V11"/>', // lock
  '<path d="M4 7 H20 M9 7 V4 H15 V7 M6 7 L7 21 H17 L18 7"/>', // bin
];

export function icon(random, x, y, side, colour, which = random.one(ICONS)) {
  const drawn = random.chance(0.3) ? `fill="${colour}" stroke="${colour}"` : `fill="none" stroke="${colour}"`;
  return `<g transform="translate(${x} ${y}) scale(${side / 24})" ${drawn} stroke-width="${random.one([1.5, 2, 2.4])}"
stroke-linejoin="round" stroke-linecap="round">${which}</g>`;
}

const round = (x, y, r, fill) => `<circle cx="${x}" cy="${y}" r="${r}" fill="${fill}"/>`;
const EYES = [
  () => '<ellipse cx="35" cy="42" rx="5" ry="8" fill="#4a3200"/><ellipse cx="65" cy="42" rx="5" ry="8" fill="#4a3200"/>',
  () => '<path d="M25 44 Q35 32 45 44 M55 44 Q65 32 75 44" fill="none" stroke="#4a3200" stroke-width="5" stroke-linecap="round"/>',
  () => '<path d="M25 40 H45 M55 40 H75" fill="none" stroke="#4a3200" stroke-width="5" stroke-linecap="round"/>',
  () => `${round(35, 42, 11, 'white')}${round(65, 42, 11, 'white')}${round(36, 43, 5, '#222')}${round(64, 43, 5, '#222')}`,
  () => '<path d="M35 54 C22 45 24 32 35 38 C46 32 48 45 35 54 Z M65 54 C52 45 54 32 65 38 C76 32 78 45 65 54 Z" fill="#e22b43"/>',
  () =>
    '<rect x="20" y="33" width="27" height="17" rx="6" fill="#222"/><rect x="53" y="33" width="27" height="17" rx="6" fill="#222"/><path d="M45 38 H55" stroke="#222" stroke-width="4"/>',
];
const MOUTHS = [
  '<path d="M28 64 Q50 84 72 64" fill="none" stroke="#4a3200" stroke-width="5" stroke-linecap="round"/>',
  '<path d="M25 60 H75 Q72 90 50 90 Q28 90 25 60 Z" fill="#6b2410"/><path d="M29 62 H71 V67 H29 Z" fill="white"/>',
  '<path d="M32 78 Q50 60 68 78" fill="none" stroke="#4a3200" stroke-width="5" stroke-linecap="round"/>',
  '<ellipse cx="50" cy="74" rx="9" ry="12" fill="#6b2410"/>',
  '<path d="M34 72 H66" stroke="#4a3200" stroke-width="5" stroke-linecap="round"/>',
];
const SHAPES = [
  '<path d="M50 90 C12 62 4 46 5 32 C8 12 36 8 50 30 C64 8 92 12 95 32 C96 46 88 62 50 90 Z" fill="#e8283f"/>',
  '<path d="M50 6 L62 37 L96 39 L69 60 L79 93 L50 74 L21 93 L31 60 L4 39 L38 37 Z" fill="#ffcf3a"/>',
  '<path d="M52 4 C58 30 84 40 80 68 C76 92 28 96 22 68 C18 52 32 44 34 30 C42 36 44 42 44 48 C54 38 54 20 52 4 Z" fill="#ff8a1f"/><path d="M51 50 C56 62 66 66 62 80 C58 90 40 90 38 78 C37 68 48 64 51 50 Z" fill="#ffe04a"/>',
  '<path d="M12 48 H30 V92 H12 Z" fill="#3f74d8"/><path d="M32 50 L48 10 C60 8 60 24 56 40 H86 C94 42 92 52 88 54 C94 58 90 68 86 68 C90 72 86 80 82 80 C84 86 80 92 74 92 H32 Z" fill="#ffcc44"/>',
  '<path d="M10 10 H90 V66 H48 L24 90 V66 H10 Z" fill="#49b8ff"/>',
];

/** An emoji on a square: a face put together of parts, or one of the shapes. Our own. */
export function emoji(random, x, y, side) {
  const face = () => `<circle cx="50" cy="50" r="47" fill="${random.one(['#ffd02e', '#ffc83d', '#fbd65a'])}" stroke="#d79a12"
stroke-width="${random.one([0, 2, 3])}"/>${random.one(EYES)()}${random.one(MOUTHS)}`;
  return `<g transform="translate(${x} ${y}) scale(${side / 100})">${random.chance(0.6) ? face() : random.one(SHAPES)}</g>`;
}

const FONTS = ['DejaVu Sans', 'DejaVu Sans', 'DejaVu Sans', 'DejaVu Sans Condensed', 'DejaVu Serif'];

/** A line of text; `y` is its base line. */
export function text(words, x, y, size, { colour = '#222', weight = 'normal', anchor = 'start', font = 'DejaVu Sans', outline } = {}) {
  const stroke = outline ? `stroke="${outline}" stroke-width="${size * 0.06}" paint-order="stroke"` : '';
  return `<text x="${x}" y="${y}" font-family="${font}" font-weight="${weight}" font-size="${size}" fill="${colour}" text-anchor="${anchor}"
${stroke}>${words}</text>`;
}

export const anyFont = (random) => random.one(FONTS);

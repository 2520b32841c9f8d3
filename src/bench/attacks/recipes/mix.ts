import type { Recipe } from '../attack.js';

/** Several edits after one another. */
export const MIX: readonly Recipe[] = [
  {
    id: 'mix-crop50-emoji25-q40',
    source: 'chosen here',
    keep: 0.46,
    severity: 3,
    steps: [{ crop: { keep: 0.5, at: 'centre' } }, { emoji: [{ draw: 'face', height: 0.2 }] }, { jpeg: 40 }],
  },
  {
    id: 'mix-crop40-blackrect20-q50',
    source: 'chosen here',
    keep: 0.48,
    severity: 3,
    steps: [{ crop: { keep: 0.6, at: 'south-east' } }, { rectangles: { boxes: [[0.2, 0.15, 0.5, 0.5]], colour: 'black' } }, { jpeg: 50 }],
  },
  {
    id: 'mix-hflip-pad-emoji',
    source: 'AugLy/DISC21',
    keep: 0.93,
    severity: 3,
    steps: [{ symmetry: 2 }, { pad: { share: 0.1, colour: 'white' } }, { emoji: [{ draw: 'face', height: 0.3 }] }, { jpeg: 60 }],
  },
  {
    id: 'mix-rotate10-crop-text-q40',
    source: 'AugLy/DISC21',
    keep: 0.5,
    severity: 3,
    steps: [
      { rotate: { degrees: 10, canvas: 'same', colour: 'black' } },
      { crop: { keep: 0.5625, at: 'centre' } },
      { text: [{ text: 'SHARE THIS', size: 0.1, at: [0.5, 0.93], anchor: 'middle', colour: 'yellow', outline: 'black' }] },
      { jpeg: 40 },
    ],
  },
  {
    id: 'mix-onbg50-persp-blur',
    source: 'AugLy/DISC21',
    keep: 1,
    severity: 3,
    steps: [{ onBackground: { scale: 0.5, blur: 1, perspective: [0.02, 0.055] } }, { jpeg: 60 }],
  },
  {
    id: 'sim-photo-of-screen',
    source: 'Copydays (INRIA) strong (simulated)',
    keep: 1,
    severity: 3,
    steps: [
      { perspective: [0.02, 0.055] },
      { blur: 0.8 },
      { gamma: 1.2 },
      { modulate: { brightness: 0.95, saturation: 0.8 } },
      { noise: 8 },
      { jpeg: 70 },
    ],
  },
  {
    id: 'sim-print-scan',
    source: 'Copydays (INRIA) strong (simulated)',
    keep: 1,
    severity: 3,
    steps: [
      { scale: 0.6 },
      { dither: 16 },
      { blur: 0.8 },
      { rotate: { degrees: 1.2, canvas: 'grow', colour: 'white' } },
      { contrast: { contrast: -15, brightness: 5 } },
      { noise: 6 },
      { jpeg: 75 },
    ],
  },
];

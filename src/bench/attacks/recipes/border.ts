import type { Recipe } from '../attack.js';

/** More around the picture, or a border over its edge. */
export const BORDER: readonly Recipe[] = [
  {
    id: 'pad5-black',
    source: 'AugLy/DISC21 pad 0.25',
    keep: 1,
    severity: 1,
    steps: [{ pad: { share: 0.05, colour: 'black' } }, { jpeg: 90 }],
  },
  {
    id: 'pad5-white',
    source: 'AugLy/DISC21 pad 0.25',
    keep: 1,
    severity: 1,
    steps: [{ pad: { share: 0.05, colour: 'white' } }, { jpeg: 90 }],
  },
  {
    id: 'pad10-black',
    source: 'AugLy/DISC21 pad 0.25',
    keep: 1,
    severity: 2,
    steps: [{ pad: { share: 0.1, colour: 'black' } }, { jpeg: 90 }],
  },
  {
    id: 'pad10-white',
    source: 'AugLy/DISC21 pad 0.25',
    keep: 1,
    severity: 2,
    steps: [{ pad: { share: 0.1, colour: 'white' } }, { jpeg: 90 }],
  },
  { id: 'pad20-black', source: 'Thorn perception', keep: 1, severity: 2, steps: [{ pad: { share: 0.2, colour: 'black' } }, { jpeg: 90 }] },
  { id: 'pad20-white', source: 'Thorn perception', keep: 1, severity: 2, steps: [{ pad: { share: 0.2, colour: 'white' } }, { jpeg: 90 }] },
  {
    id: 'pad50-black',
    source: 'AugLy/DISC21 pad 0.25',
    keep: 1,
    severity: 2,
    steps: [{ pad: { share: 0.5, colour: 'black' } }, { jpeg: 90 }],
  },
  {
    id: 'pad50-white',
    source: 'AugLy/DISC21 pad 0.25',
    keep: 1,
    severity: 2,
    steps: [{ pad: { share: 0.5, colour: 'white' } }, { jpeg: 90 }],
  },
  { id: 'pad-square-blurred-bg', source: 'chosen here', keep: 1, severity: 2, steps: [{ onBlurredSelf: 25 }, { jpeg: 90 }] },
  {
    id: 'letterbox-9x16',
    source: 'ThreatExchange letterboxed_sample-b',
    keep: 1,
    severity: 2,
    steps: [{ letterbox: { aspect: [9, 16], colour: 'black' } }, { jpeg: 90 }],
  },
  {
    id: 'letterbox-21x9',
    source: 'chosen here',
    keep: 1,
    severity: 2,
    steps: [{ letterbox: { aspect: [21, 9], colour: 'black' } }, { jpeg: 90 }],
  },
  {
    id: 'phaser-border-30px',
    source: 'PHASER',
    keep: 0.85,
    severity: 1,
    steps: [{ frame: { pixels: 30, colour: 'white' } }, { jpeg: 90 }],
  },
  {
    id: 'phaser-border-1-16-black',
    source: 'PHASER (intent of border_width_fraction)',
    keep: 0.77,
    severity: 2,
    steps: [{ frame: { share: 0.0625, colour: 'black' } }, { jpeg: 90 }],
  },
];

import type { Recipe } from '../attack.js';

/** In or beside other pictures, and on a screen. */
export const COMPOSITE: readonly Recipe[] = [
  {
    id: 'on-background-90',
    source: 'AugLy/DISC21 overlay_onto_background_image',
    keep: 1,
    severity: 2,
    steps: [{ onBackground: { scale: 0.9, at: [0.03, 0.06] } }, { jpeg: 85 }],
  },
  {
    id: 'on-background-70',
    source: 'AugLy/DISC21 overlay_onto_background_image',
    keep: 1,
    severity: 2,
    steps: [{ onBackground: { scale: 0.7, at: [0.09, 0.18] } }, { jpeg: 85 }],
  },
  {
    id: 'on-background-50',
    source: 'AugLy/DISC21 overlay_onto_background_image',
    keep: 1,
    severity: 2,
    steps: [{ onBackground: { scale: 0.5, at: [0.15, 0.3] } }, { jpeg: 85 }],
  },
  {
    id: 'on-background-35',
    source: 'AugLy/DISC21 overlay_onto_background_image',
    keep: 1,
    severity: 3,
    steps: [{ onBackground: { scale: 0.35, at: [0.195, 0.39] } }, { jpeg: 85 }],
  },
  {
    id: 'on-background-25',
    source: 'AugLy/DISC21 overlay_onto_background_image',
    keep: 1,
    severity: 3,
    steps: [{ onBackground: { scale: 0.25, at: [0.225, 0.45] } }, { jpeg: 85 }],
  },
  {
    id: 'on-background-15',
    source: 'AugLy/DISC21 overlay_onto_background_image',
    keep: 1,
    severity: 3,
    steps: [{ onBackground: { scale: 0.15, at: [0.255, 0.51] } }, { jpeg: 85 }],
  },
  {
    id: 'collage-2x1',
    source: 'AugLy/DISC21 hstack',
    keep: 0.5,
    severity: 3,
    steps: [{ collage: { columns: 2, rows: 1, fit: 'cover' } }, { jpeg: 85 }],
  },
  {
    id: 'collage-2x2',
    source: 'AugLy/DISC21 collage',
    keep: 1,
    severity: 3,
    steps: [{ collage: { columns: 2, rows: 2, fit: 'fill' } }, { jpeg: 85 }],
  },
  { id: 'phaser-composite-left', source: 'PHASER', keep: 0.5, severity: 3, steps: [{ inset: [0, 0, 0.5, 1] }, { jpeg: 88 }] },
  { id: 'phaser-composite-topleft', source: 'PHASER', keep: 0.75, severity: 2, steps: [{ inset: [0, 0, 0.5, 0.5] }, { jpeg: 88 }] },
  { id: 'phaser-blend-lr', source: 'PHASER', keep: 0.6, severity: 3, steps: [{ blend: 'left-to-right' }, { jpeg: 88 }] },
  { id: 'blend-alpha30', source: 'chosen here', keep: 0.7, severity: 2, steps: [{ blend: 0.3 }, { jpeg: 88 }] },
  { id: 'blend-alpha50', source: 'chosen here', keep: 0.7, severity: 3, steps: [{ blend: 0.5 }, { jpeg: 88 }] },
  { id: 'pip-self-small', source: 'chosen here', keep: 0.8, severity: 2, steps: [{ inset: [0.6, 0.6, 1, 1] }, { jpeg: 88 }] },
  {
    id: 'screenshot-mobile',
    source: 'AugLy/DISC21 overlay_onto_screenshot',
    keep: 1,
    severity: 2,
    steps: [{ screenshot: { above: 0.18, below: 0.45 } }, { jpeg: 82 }],
  },
];

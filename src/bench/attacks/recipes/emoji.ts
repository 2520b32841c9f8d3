import type { Recipe } from '../attack.js';

/** Our own emoji over the picture. */
export const EMOJI: readonly Recipe[] = [
  {
    id: 'emoji10-centre',
    source: 'AugLy/DISC21',
    keep: 0.994,
    severity: 1,
    steps: [{ emoji: [{ draw: 'face', height: 0.1 }] }, { jpeg: 88 }],
  },
  {
    id: 'emoji15-centre',
    source: 'AugLy/DISC21 default size 0.15',
    keep: 0.987,
    severity: 1,
    steps: [{ emoji: [{ draw: 'face', height: 0.15 }] }, { jpeg: 88 }],
  },
  {
    id: 'emoji25-centre',
    source: 'AugLy/DISC21',
    keep: 0.963,
    severity: 2,
    steps: [{ emoji: [{ draw: 'face', height: 0.25 }] }, { jpeg: 88 }],
  },
  {
    id: 'emoji40-centre',
    source: 'AugLy/DISC21',
    keep: 0.904,
    severity: 2,
    steps: [{ emoji: [{ draw: 'face', height: 0.4 }] }, { jpeg: 88 }],
  },
  {
    id: 'emoji60-centre',
    source: 'AugLy/DISC21',
    keep: 0.784,
    severity: 3,
    steps: [{ emoji: [{ draw: 'face', height: 0.6 }] }, { jpeg: 88 }],
  },
  {
    id: 'emoji15-augly',
    source: 'AugLy/DISC21 exact defaults',
    keep: 0.985,
    severity: 1,
    steps: [{ emoji: [{ draw: 'face', height: 0.15, at: [0.4, 0.8] }] }, { jpeg: 88 }],
  },
  {
    id: 'emoji25-x3',
    source: 'chosen here',
    keep: 0.88,
    severity: 2,
    steps: [
      {
        emoji: [
          { draw: 'face', height: 0.25, at: [0.05, 0.1] },
          { draw: 'heart', height: 0.25, at: [0.4, 0.45] },
          { draw: 'star', height: 0.25, at: [0.7, 0.05] },
        ],
      },
      { jpeg: 88 },
    ],
  },
  {
    id: 'emoji-tiled-8',
    source: 'chosen here',
    keep: 0.75,
    severity: 3,
    steps: [
      {
        emoji: [
          { draw: 'face', height: 0.2, at: [0.02, 0.275] },
          { draw: 'face', height: 0.2, at: [0.24, 0.275] },
          { draw: 'face', height: 0.2, at: [0.46, 0.275] },
          { draw: 'face', height: 0.2, at: [0.68, 0.275] },
          { draw: 'face', height: 0.2, at: [0.12, 0.525] },
          { draw: 'face', height: 0.2, at: [0.34, 0.525] },
          { draw: 'face', height: 0.2, at: [0.56, 0.525] },
          { draw: 'face', height: 0.2, at: [0.78, 0.525] },
        ],
      },
      { jpeg: 88 },
    ],
  },
  {
    id: 'emoji40-alpha60',
    source: 'AugLy/DISC21 opacity',
    keep: 0.95,
    severity: 2,
    steps: [{ emoji: [{ draw: 'face', height: 0.4, opacity: 0.6 }] }, { jpeg: 88 }],
  },
];

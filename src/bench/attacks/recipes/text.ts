import type { Recipe } from '../attack.js';

/** Words and stripes over the picture. */
export const TEXT: readonly Recipe[] = [
  {
    id: 'text-line15',
    source: 'AugLy/DISC21 overlay_text default .15',
    keep: 0.93,
    severity: 1,
    steps: [{ text: [{ text: 'LOL WOW', size: 0.15, at: [0, 0.5], anchor: 'start', colour: 'red' }] }, { jpeg: 88 }],
  },
  {
    id: 'meme-top-bottom',
    source: 'chosen here',
    keep: 0.85,
    severity: 2,
    steps: [
      {
        text: [
          { text: 'WHEN YOU SEE IT', size: 0.12, at: [0.5, 0.09], anchor: 'middle', colour: 'white', outline: 'black' },
          { text: 'TEST TEXT', size: 0.12, at: [0.5, 0.91], anchor: 'middle', colour: 'white', outline: 'black' },
        ],
      },
      { jpeg: 85 },
    ],
  },
  {
    id: 'meme-caption-band',
    source: 'AugLy/DISC21 meme_format caption_height 250',
    keep: 1,
    severity: 2,
    steps: [{ captionBand: { share: 0.25, lines: ['nobody ever said', 'this line of text'] } }, { jpeg: 85 }],
  },
  {
    id: 'watermark-tiled',
    source: 'chosen here',
    keep: 1,
    severity: 1,
    steps: [{ watermark: { text: 'SAMPLE', size: 0.06, degrees: 25, tile: [0.3, 0.2], opacity: 0.35 } }, { jpeg: 88 }],
  },
  {
    id: 'watermark-corner10',
    source: 'PHASER',
    keep: 1,
    severity: 1,
    steps: [
      { text: [{ text: 'WATERMARK', size: 0.07, at: [0.98, 0.95], anchor: 'end', colour: 'white', outline: 'black' }] },
      { jpeg: 88 },
    ],
  },
  {
    id: 'stripes',
    source: 'AugLy/DISC21 overlay_stripes',
    keep: 0.7,
    severity: 2,
    steps: [{ stripes: { period: 40, width: 14, opacity: 0.6 } }, { jpeg: 88 }],
  },
];

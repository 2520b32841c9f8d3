import type { Recipe } from '../attack.js';

/** Parts covered or made unrecognisable. */
export const MASK: readonly Recipe[] = [
  {
    id: 'blackrect5-centre',
    source: 'chosen here (T&S redaction)',
    keep: 0.95,
    severity: 1,
    steps: [{ rectangles: { boxes: [[0.3882, 0.3882, 0.6118, 0.6118]], colour: 'black' } }, { jpeg: 88 }],
  },
  {
    id: 'blackrect5-low-left',
    source: 'chosen here (T&S redaction)',
    keep: 0.95,
    severity: 1,
    steps: [{ rectangles: { boxes: [[0.1882, 0.5382, 0.4118, 0.7618]], colour: 'black' } }, { jpeg: 88 }],
  },
  {
    id: 'blackrect10-centre',
    source: 'chosen here (T&S redaction)',
    keep: 0.9,
    severity: 1,
    steps: [{ rectangles: { boxes: [[0.3419, 0.3419, 0.6581, 0.6581]], colour: 'black' } }, { jpeg: 88 }],
  },
  {
    id: 'blackrect10-low-left',
    source: 'chosen here (T&S redaction)',
    keep: 0.9,
    severity: 1,
    steps: [{ rectangles: { boxes: [[0.1419, 0.4919, 0.4581, 0.8081]], colour: 'black' } }, { jpeg: 88 }],
  },
  {
    id: 'blackrect20-centre',
    source: 'chosen here (T&S redaction)',
    keep: 0.8,
    severity: 2,
    steps: [{ rectangles: { boxes: [[0.2764, 0.2764, 0.7236, 0.7236]], colour: 'black' } }, { jpeg: 88 }],
  },
  {
    id: 'blackrect20-low-left',
    source: 'chosen here (T&S redaction)',
    keep: 0.8,
    severity: 2,
    steps: [{ rectangles: { boxes: [[0.0764, 0.4264, 0.5236, 0.8736]], colour: 'black' } }, { jpeg: 88 }],
  },
  {
    id: 'blackrect30-centre',
    source: 'chosen here (T&S redaction)',
    keep: 0.7,
    severity: 2,
    steps: [{ rectangles: { boxes: [[0.2261, 0.2261, 0.7739, 0.7739]], colour: 'black' } }, { jpeg: 88 }],
  },
  {
    id: 'blackrect30-low-left',
    source: 'chosen here (T&S redaction)',
    keep: 0.7,
    severity: 2,
    steps: [{ rectangles: { boxes: [[0.0261, 0.3761, 0.5739, 0.9239]], colour: 'black' } }, { jpeg: 88 }],
  },
  {
    id: 'blackrect40-centre',
    source: 'chosen here (T&S redaction)',
    keep: 0.6,
    severity: 2,
    steps: [{ rectangles: { boxes: [[0.1838, 0.1838, 0.8162, 0.8162]], colour: 'black' } }, { jpeg: 88 }],
  },
  {
    id: 'blackrect40-low-left',
    source: 'chosen here (T&S redaction)',
    keep: 0.6,
    severity: 2,
    steps: [{ rectangles: { boxes: [[0, 0.3338, 0.6325, 0.9662]], colour: 'black' } }, { jpeg: 88 }],
  },
  {
    id: 'blackrect50-centre',
    source: 'chosen here (T&S redaction)',
    keep: 0.5,
    severity: 3,
    steps: [{ rectangles: { boxes: [[0.1464, 0.1464, 0.8536, 0.8536]], colour: 'black' } }, { jpeg: 88 }],
  },
  {
    id: 'blackrect50-low-left',
    source: 'chosen here (T&S redaction)',
    keep: 0.5,
    severity: 3,
    steps: [{ rectangles: { boxes: [[0, 0.295, 0.71, 1]], colour: 'black' } }, { jpeg: 88 }],
  },
  {
    id: 'blackrect60-centre',
    source: 'chosen here (T&S redaction)',
    keep: 0.4,
    severity: 3,
    steps: [{ rectangles: { boxes: [[0.1127, 0.1127, 0.8873, 0.8873]], colour: 'black' } }, { jpeg: 88 }],
  },
  {
    id: 'blackrect60-low-left',
    source: 'chosen here (T&S redaction)',
    keep: 0.4,
    severity: 3,
    steps: [{ rectangles: { boxes: [[0, 0.2254, 0.7746, 1]], colour: 'black' } }, { jpeg: 88 }],
  },
  {
    id: 'blackrect70-centre',
    source: 'chosen here (T&S redaction)',
    keep: 0.3,
    severity: 3,
    steps: [{ rectangles: { boxes: [[0.0817, 0.0817, 0.9183, 0.9183]], colour: 'black' } }, { jpeg: 88 }],
  },
  {
    id: 'blackrect70-low-left',
    source: 'chosen here (T&S redaction)',
    keep: 0.3,
    severity: 3,
    steps: [{ rectangles: { boxes: [[0, 0.1633, 0.8367, 1]], colour: 'black' } }, { jpeg: 88 }],
  },
  {
    id: 'blackrect-3x7',
    source: 'chosen here',
    keep: 0.79,
    severity: 2,
    steps: [
      {
        rectangles: {
          boxes: [
            [0.08, 0.1, 0.36, 0.35],
            [0.55, 0.3, 0.83, 0.55],
            [0.25, 0.65, 0.53, 0.9],
          ],
          colour: 'black',
        },
      },
      { jpeg: 88 },
    ],
  },
  {
    id: 'blackbar-eyes',
    source: 'chosen here',
    keep: 0.85,
    severity: 2,
    steps: [{ rectangles: { boxes: [[0, 0.3, 1, 0.45]], colour: 'black' } }, { jpeg: 88 }],
  },
  {
    id: 'whiterect25',
    source: 'chosen here',
    keep: 0.75,
    severity: 2,
    steps: [{ rectangles: { boxes: [[0.25, 0.25, 0.75, 0.75]], colour: 'white' } }, { jpeg: 88 }],
  },
  {
    id: 'spotlight50',
    source: 'chosen here (everything but a window blacked out)',
    keep: 0.5,
    severity: 2,
    steps: [{ window: { box: [0.1464, 0.1464, 0.8536, 0.8536], colour: 'black' } }, { jpeg: 88 }],
  },
  {
    id: 'spotlight30',
    source: 'chosen here (everything but a window blacked out)',
    keep: 0.3,
    severity: 2,
    steps: [{ window: { box: [0.2261, 0.2261, 0.7739, 0.7739], colour: 'black' } }, { jpeg: 88 }],
  },
  {
    id: 'spotlight20',
    source: 'chosen here (everything but a window blacked out)',
    keep: 0.2,
    severity: 3,
    steps: [{ window: { box: [0.2764, 0.2764, 0.7236, 0.7236], colour: 'black' } }, { jpeg: 88 }],
  },
  {
    id: 'spotlight10',
    source: 'chosen here (everything but a window blacked out)',
    keep: 0.1,
    severity: 3,
    steps: [{ window: { box: [0.3419, 0.3419, 0.6581, 0.6581], colour: 'black' } }, { jpeg: 88 }],
  },
  {
    id: 'mosaic-region25',
    source: 'chosen here',
    keep: 0.75,
    severity: 2,
    steps: [{ mosaicBox: { box: [0.25, 0.25, 0.75, 0.75], blocks: 0.06 } }, { jpeg: 88 }],
  },
  {
    id: 'blur-region25',
    source: 'chosen here',
    keep: 0.75,
    severity: 2,
    steps: [{ blurBox: { box: [0.25, 0.25, 0.75, 0.75], sigma: 20 } }, { jpeg: 88 }],
  },
  {
    id: 'scribble',
    source: 'chosen here',
    keep: 0.8,
    severity: 2,
    steps: [
      {
        scribble: {
          points: [
            [0.1, 0.2],
            [0.9, 0.35],
            [0.15, 0.5],
            [0.85, 0.65],
            [0.2, 0.8],
          ],
          width: 0.07,
        },
      },
      { jpeg: 88 },
    ],
  },
  {
    id: 'bars-top-bottom20',
    source: 'chosen here',
    keep: 0.6,
    severity: 2,
    steps: [
      {
        rectangles: {
          boxes: [
            [0, 0, 1, 0.2],
            [0, 0.8, 1, 1],
          ],
          colour: 'black',
        },
      },
      { jpeg: 88 },
    ],
  },
  {
    id: 'bars-left-right25',
    source: 'chosen here',
    keep: 0.5,
    severity: 2,
    steps: [
      {
        rectangles: {
          boxes: [
            [0, 0, 0.25, 1],
            [0.75, 0, 1, 1],
          ],
          colour: 'black',
        },
      },
      { jpeg: 88 },
    ],
  },
];

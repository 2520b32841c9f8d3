import type { Recipe } from '../attack.js';

/** Other sizes and shapes of the whole picture. */
export const RESIZE: readonly Recipe[] = [
  { id: 'scale-210', source: 'PHASER', keep: 1, severity: 1, steps: [{ scale: 2.1 }, { jpeg: 90 }] },
  { id: 'scale-150', source: 'chosen here', keep: 1, severity: 1, steps: [{ scale: 1.5 }, { jpeg: 90 }] },
  { id: 'scale-75', source: 'chosen here', keep: 1, severity: 1, steps: [{ scale: 0.75 }, { jpeg: 90 }] },
  { id: 'scale-50', source: 'chosen here', keep: 1, severity: 1, steps: [{ scale: 0.5 }, { jpeg: 90 }] },
  { id: 'scale-25', source: 'chosen here', keep: 1, severity: 1, steps: [{ scale: 0.25 }, { jpeg: 90 }] },
  { id: 'scale-12.5', source: 'chosen here', keep: 1, severity: 2, steps: [{ scale: 0.125 }, { jpeg: 90 }] },
  { id: 'square-512', source: 'ThreatExchange bridge-mods/dih', keep: 1, severity: 2, steps: [{ size: [512, 512] }, { jpeg: 90 }] },
  { id: 'square-256', source: 'ThreatExchange bridge-mods/dih', keep: 1, severity: 2, steps: [{ size: [256, 256] }, { jpeg: 90 }] },
  { id: 'square-128', source: 'ThreatExchange bridge-mods/dih', keep: 1, severity: 2, steps: [{ size: [128, 128] }, { jpeg: 90 }] },
  { id: 'thumb-200', source: 'PHASER', keep: 1, severity: 1, steps: [{ fit: { box: [200, 200], enlarge: true } }, { jpeg: 85 }] },
  { id: 'thumb-96', source: 'PHASER', keep: 1, severity: 2, steps: [{ fit: { box: [96, 96], enlarge: true } }, { jpeg: 85 }] },
  { id: 'thumb-64', source: 'PHASER', keep: 1, severity: 2, steps: [{ fit: { box: [64, 64], enlarge: true } }, { jpeg: 85 }] },
  { id: 'stretch-50x100', source: 'AugLy/DISC21 change_aspect_ratio', keep: 1, severity: 2, steps: [{ scale: [0.5, 1] }, { jpeg: 90 }] },
  { id: 'stretch-75x100', source: 'AugLy/DISC21 change_aspect_ratio', keep: 1, severity: 2, steps: [{ scale: [0.75, 1] }, { jpeg: 90 }] },
  { id: 'stretch-100x75', source: 'AugLy/DISC21 change_aspect_ratio', keep: 1, severity: 2, steps: [{ scale: [1, 0.75] }, { jpeg: 90 }] },
  { id: 'stretch-100x50', source: 'AugLy/DISC21 change_aspect_ratio', keep: 1, severity: 2, steps: [{ scale: [1, 0.5] }, { jpeg: 90 }] },
];

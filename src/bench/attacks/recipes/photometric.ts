import type { Recipe } from '../attack.js';

/** Other tones. */
export const PHOTOMETRIC: readonly Recipe[] = [
  { id: 'brightness-50', source: 'AugLy/DISC21', keep: 1, severity: 2, steps: [{ modulate: { brightness: 0.5 } }, { jpeg: 90 }] },
  { id: 'brightness-75', source: 'AugLy/DISC21', keep: 1, severity: 2, steps: [{ modulate: { brightness: 0.75 } }, { jpeg: 90 }] },
  { id: 'brightness-125', source: 'AugLy/DISC21', keep: 1, severity: 2, steps: [{ modulate: { brightness: 1.25 } }, { jpeg: 90 }] },
  { id: 'brightness-150', source: 'AugLy/DISC21', keep: 1, severity: 2, steps: [{ modulate: { brightness: 1.5 } }, { jpeg: 90 }] },
  { id: 'contrast-50', source: 'AugLy/DISC21', keep: 1, severity: 2, steps: [{ contrast: { contrast: -50 } }, { jpeg: 90 }] },
  { id: 'contrast-25', source: 'AugLy/DISC21', keep: 1, severity: 2, steps: [{ contrast: { contrast: -25 } }, { jpeg: 90 }] },
  { id: 'contrast+25', source: 'AugLy/DISC21', keep: 1, severity: 2, steps: [{ contrast: { contrast: 25 } }, { jpeg: 90 }] },
  { id: 'contrast+50', source: 'AugLy/DISC21', keep: 1, severity: 2, steps: [{ contrast: { contrast: 50 } }, { jpeg: 90 }] },
  { id: 'saturation-0', source: 'AugLy/DISC21', keep: 1, severity: 1, steps: [{ modulate: { saturation: 0 } }, { jpeg: 90 }] },
  { id: 'saturation-50', source: 'AugLy/DISC21', keep: 1, severity: 1, steps: [{ modulate: { saturation: 0.5 } }, { jpeg: 90 }] },
  { id: 'saturation-200', source: 'AugLy/DISC21', keep: 1, severity: 1, steps: [{ modulate: { saturation: 2 } }, { jpeg: 90 }] },
  { id: 'gamma-0.5', source: 'Thorn perception', keep: 1, severity: 2, steps: [{ gamma: 0.5 }, { jpeg: 90 }] },
  { id: 'gamma-2.0', source: 'Thorn perception', keep: 1, severity: 2, steps: [{ gamma: 2 }, { jpeg: 90 }] },
  { id: 'greyscale', source: 'AugLy/DISC21', keep: 1, severity: 1, steps: [{ grey: true }, { jpeg: 90 }] },
  { id: 'sepia', source: 'ThreatExchange bridge-mods/dih (tmk chair sepia)', keep: 1, severity: 1, steps: [{ sepia: 0.8 }, { jpeg: 90 }] },
  { id: 'hue-117', source: 'chosen here', keep: 1, severity: 2, steps: [{ modulate: { hue: 30.6 } }, { jpeg: 90 }] },
  { id: 'hue-150', source: 'chosen here', keep: 1, severity: 2, steps: [{ modulate: { hue: 90 } }, { jpeg: 90 }] },
  { id: 'hue-200', source: 'chosen here', keep: 1, severity: 2, steps: [{ modulate: { hue: 180 } }, { jpeg: 90 }] },
  { id: 'invert', source: 'chosen here', keep: 1, severity: 3, steps: [{ invert: true }, { jpeg: 90 }] },
  { id: 'equalize', source: 'chosen here', keep: 1, severity: 2, steps: [{ equalize: true }, { jpeg: 90 }] },
  { id: 'posterize-4', source: 'chosen here', keep: 1, severity: 2, steps: [{ posterize: 4 }, { jpeg: 90 }] },
  { id: 'vignette', source: 'Thorn perception', keep: 1, severity: 2, steps: [{ vignette: 0.25 }, { jpeg: 90 }] },
  { id: 'wash-white-40', source: 'AugLy/DISC21 opacity', keep: 1, severity: 2, steps: [{ wash: 0.4 }, { jpeg: 90 }] },
];

import type { Recipe } from '../attack.js';

/** Blurred, noisy or coarse. */
export const BLURNOISE: readonly Recipe[] = [
  { id: 'blur-1', source: 'AugLy/DISC21', keep: 1, severity: 1, steps: [{ blur: 1 }, { jpeg: 90 }] },
  { id: 'blur-2', source: 'Thorn perception', keep: 1, severity: 1, steps: [{ blur: 2 }, { jpeg: 90 }] },
  { id: 'blur-4', source: 'AugLy/DISC21', keep: 1, severity: 2, steps: [{ blur: 4 }, { jpeg: 90 }] },
  { id: 'blur-8', source: 'AugLy/DISC21', keep: 1, severity: 3, steps: [{ blur: 8 }, { jpeg: 90 }] },
  { id: 'motion-blur-15', source: 'chosen here', keep: 1, severity: 2, steps: [{ motionBlur: { sigma: 15, degrees: 20 } }, { jpeg: 90 }] },
  { id: 'sharpen-a-lot', source: 'ThreatExchange bridge-mods/dih', keep: 1, severity: 1, steps: [{ sharpen: 3 }, { jpeg: 90 }] },
  { id: 'noise-gauss-weak', source: 'Thorn perception noise0.2', keep: 1, severity: 1, steps: [{ noise: 10 }, { jpeg: 90 }] },
  { id: 'noise-gauss-mid', source: 'Thorn perception noise0.2', keep: 1, severity: 2, steps: [{ noise: 30 }, { jpeg: 90 }] },
  { id: 'noise-gauss-strong', source: 'Thorn perception noise0.2', keep: 1, severity: 3, steps: [{ noise: 80 }, { jpeg: 90 }] },
  { id: 'salt-pepper', source: 'chosen here', keep: 1, severity: 2, steps: [{ saltPepper: 0.06 }, { jpeg: 90 }] },
  { id: 'pixelate-50', source: 'AugLy/DISC21 pixelization', keep: 1, severity: 1, steps: [{ pixelate: 0.5 }, { jpeg: 90 }] },
  { id: 'pixelate-25', source: 'AugLy/DISC21 pixelization', keep: 1, severity: 2, steps: [{ pixelate: 0.25 }, { jpeg: 90 }] },
  { id: 'pixelate-10', source: 'AugLy/DISC21 pixelization', keep: 1, severity: 3, steps: [{ pixelate: 0.1 }, { jpeg: 90 }] },
  { id: 'median-5', source: 'chosen here', keep: 1, severity: 1, steps: [{ median: 5 }, { jpeg: 90 }] },
];

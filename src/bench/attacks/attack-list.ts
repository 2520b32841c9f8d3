import type { Attack, AttackFamily, Recipe } from './attack.js';
import { BLURNOISE } from './recipes/blurnoise.js';
import { BORDER } from './recipes/border.js';
import { COMPOSITE } from './recipes/composite.js';
import { CROP } from './recipes/crop.js';
import { EMOJI } from './recipes/emoji.js';
import { ENCODE } from './recipes/encode.js';
import { GEOMETRY } from './recipes/geometry.js';
import { MASK } from './recipes/mask.js';
import { MIX } from './recipes/mix.js';
import { PHOTOMETRIC } from './recipes/photometric.js';
import { RESIZE } from './recipes/resize.js';
import { TEXT } from './recipes/text.js';

/** Recipes of mixes that neither cut, cover nor surround: the whole picture is there. */
const WHOLE = new Set(['sim-photo-of-screen', 'sim-print-scan']);

function family(name: AttackFamily, cropOrMaskRelevant: boolean, recipes: readonly Recipe[]): Attack[] {
  return recipes.map((recipe) => ({ ...recipe, family: name, cropOrMaskRelevant: cropOrMaskRelevant && !WHOLE.has(recipe.id) }));
}

/**
 * The 215 edits that a copy is looked for under: those of public benchmarks (Copydays, AugLy and DISC21, PHASER, Thorn's perception,
 * ThreatExchange) and some of our own. What each does stands in its steps; where it comes from in its source.
 */
export const ATTACKS: readonly Attack[] = [
  ...family('encode', false, ENCODE),
  ...family('resize', false, RESIZE),
  ...family('photometric', false, PHOTOMETRIC),
  ...family('blurnoise', false, BLURNOISE),
  ...family('crop', true, CROP),
  ...family('geometry', false, GEOMETRY),
  ...family('border', true, BORDER),
  ...family('mask', true, MASK),
  ...family('emoji', true, EMOJI),
  ...family('text', true, TEXT),
  ...family('composite', true, COMPOSITE),
  ...family('mix', true, MIX),
];

import { EgideError } from '../../errors.js';
import type { AttackContext, AttackedPicture, Recipe, Step } from './attack.js';
import { attackPicture } from './attack-picture.js';

/** All pictures in a trap get this size, so that what is laid over them is the same to the pixel (chosen here). */
const SAME_SIZE: Step = { cover: [640, 480] };

/**
 * Edits that make different pictures look alike to whoever looks at what was added: two pictures that went through the same trap must
 * not match. Their `keep` is what is left of a picture of 4 to 3.
 */
export const TRAPS: readonly Recipe[] = [
  {
    id: 'trap-emoji',
    source: 'chosen here',
    keep: 0.79,
    severity: 3,
    steps: [
      SAME_SIZE,
      {
        emoji: [
          { draw: 'face', height: 0.5 },
          { draw: 'heart', height: 0.3, at: [0.04, 0.06] },
          { draw: 'star', height: 0.3, at: [0.74, 0.62] },
        ],
      },
      { jpeg: 88 },
    ],
  },
  {
    id: 'trap-screenshot',
    source: 'chosen here',
    keep: 1,
    severity: 3,
    steps: [SAME_SIZE, { screenshot: { above: 0.18, below: 0.45 } }, { jpeg: 82 }],
  },
  {
    id: 'trap-caption',
    source: 'chosen here',
    keep: 0.96,
    severity: 3,
    steps: [
      SAME_SIZE,
      { captionBand: { share: 0.35, lines: ['when the text above says', 'the very same words', 'on every picture'] } },
      { text: [{ text: 'TEST TEXT', size: 0.1, at: [0.5, 0.92], anchor: 'middle', colour: 'white', outline: 'black' }] },
      { jpeg: 85 },
    ],
  },
  {
    id: 'trap-collage',
    source: 'chosen here',
    keep: 1,
    severity: 3,
    steps: [
      SAME_SIZE,
      { collage: { columns: 2, rows: 2, fit: 'fill', gap: 0.02 } },
      { pad: { share: 0.02, colour: 'white' } },
      { jpeg: 85 },
    ],
  },
  {
    id: 'trap-watermark',
    source: 'chosen here',
    keep: 0.94,
    severity: 3,
    steps: [
      SAME_SIZE,
      { watermark: { text: 'SAMPLE', size: 0.08, degrees: 25, tile: [0.3, 0.2], opacity: 0.5 } },
      { letterbox: { aspect: [9, 16], colour: 'black' } },
      { jpeg: 88 },
    ],
  },
];

/**
 * Puts two different pictures through the same trap. In collages they share no panel: the first gets every other picture of
 * `context.others`, from the first on, the second those between them.
 *
 * @param originals Two files that sharp reads, of different pictures.
 * @throws {EgideError} `INVALID_ARGUMENT` where a collage needs more `others`: six in all.
 */
export async function springTrap(
  trap: Recipe,
  originals: readonly [Uint8Array, Uint8Array],
  context: AttackContext,
): Promise<[AttackedPicture, AttackedPicture]> {
  const needed = trap.steps.some((step) => 'collage' in step) ? 6 : 0;
  if (context.others.length < needed)
    throw new EgideError('INVALID_ARGUMENT', `others: ${context.others.length} pictures; expected ${needed}, so that no panel is shared`);
  const attacked = (picture: 0 | 1): Promise<AttackedPicture> =>
    attackPicture(trap, originals[picture], { ...context, others: context.others.filter((_, i) => i % 2 === picture) });
  return [await attacked(0), await attacked(1)];
}

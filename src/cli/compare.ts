import { HASH_BYTES } from '../backend.js';
import type { Egide } from '../egide.js';
import { ORIENTATIONS, type Orientation, type PdqOrientations } from '../hash/pdq.js';
import { defaultPolicy } from '../shield/policy.js';
import { ORIENTATION_WORDS } from '../shield/summary.js';
import type { View } from '../shield/verdict.js';
import type { Command, Given } from './command.js';
import { printable, UsageError } from './io.js';
import { modeOf, naming, profileOf, READING_HELP, READING_OPTIONS } from './reading.js';

const BITS = 8 * HASH_BYTES;
const { pdqMaxDistance, pdqMinQuality } = defaultPolicy.thresholds;

/** `egide compare A B`. */
export const compareCommand: Command = {
  name: 'compare',
  help: `egide compare A B [options]

Says in how many of ${BITS} bits the PDQ hashes of two pictures differ, turning and mirroring A to lie on B as well as it can.
Unrelated pictures differ in about ${BITS / 2}. Of an animation the first frame is compared.

  --max-distance N    bits that still count as near; default ${pdqMaxDistance}, which Meta publishes as a confident match
${READING_HELP}  --json              print one JSON document

Exit code 0 whatever the answer, or 1 if a picture could not be read.
`,
  options: { ...READING_OPTIONS, 'max-distance': { type: 'string' } },
  async run(io, given) {
    const [fileA, fileB, ...more] = given.files;
    if (fileA === undefined || fileB === undefined || more.length > 0) throw new UsageError('compare: expected two files');
    const maxDistance = given.number('max-distance', 0, BITS, pdqMaxDistance);
    const egide = await io.load();
    const a = await look(egide, fileA, given, io.signal);
    const b = await look(egide, fileB, given, io.signal);
    const best = nearest(egide, a, b);
    const quality = Math.min(a.quality, b.quality);
    const outcome =
      quality < pdqMinQuality || a.unhashable || b.unhashable ? 'not-hashable' : best.distance <= maxDistance ? 'near' : 'not-near';
    const summary = sayOutcome(outcome, best, maxDistance);
    if (given.flag('json')) {
      const described = [a, b].map(({ views: _, unhashable: __, ...rest }) => rest);
      await io.out(
        `${JSON.stringify({ a: described[0], b: described[1], ...best, maxDistance, mode: modeOf(given), outcome, summary })}\n`,
      );
    } else {
      const width = Math.max(...[a, b].map(({ file }) => printable(file).length));
      for (const { file, quality, width: w, height: h, format } of [a, b])
        await io.out(`${printable(file).padEnd(width)}  quality ${String(quality).padStart(3)}  ${w} x ${h} ${format}\n`);
      await io.out(`${summary}\n`);
    }
    return 0;
  },
};

interface Looked {
  readonly file: string;
  readonly quality: number;
  readonly width: number;
  readonly height: number;
  readonly format: string;
  readonly unhashable: boolean;
  readonly views: readonly { readonly view: View; readonly hashed: PdqOrientations }[];
}

/** One picture, hashed as stored and, if EXIF turns it, upright. */
async function look(egide: Egide, file: string, given: Given, signal: AbortSignal): Promise<Looked> {
  const stored = await naming(file, () => egide.decode(file, { profile: profileOf(given), signal }));
  const wanted: readonly View[] = stored.orientation === 1 ? ['stored'] : ['stored', 'upright'];
  const views: { view: View; hashed: PdqOrientations }[] = [];
  for (const view of wanted)
    views.push({ view, hashed: await egide.pdq.hashAsync(stored, { mode: modeOf(given), upright: view === 'upright', signal }) });
  const quality = Math.max(...views.map(({ hashed }) => hashed.quality));
  const unhashable = views.every(({ hashed }) => hashed.unhashable !== null);
  return { file, quality, width: stored.width, height: stored.height, format: stored.format, unhashable, views };
}

interface Nearest {
  readonly distance: number;
  /** How A has to be turned to lie on B. */
  readonly orientation: Orientation;
  readonly viewA: View;
  readonly viewB: View;
}

function nearest(egide: Egide, a: Looked, b: Looked): Nearest {
  const pairs = a.views.flatMap(({ view: viewA, hashed }) =>
    b.views.flatMap(({ view: viewB, hashed: { hash } }) =>
      ORIENTATIONS.map((orientation, i) => ({
        distance: egide.pdq.distance(hashed.turned[i] as Uint8Array, hash),
        orientation,
        viewA,
        viewB,
      })),
    ),
  );
  return pairs.reduce((best, pair) => (pair.distance < best.distance ? pair : best));
}

function sayOutcome(outcome: string, { distance, orientation }: Nearest, maxDistance: number): string {
  const turned = ORIENTATION_WORDS[orientation] ? `, A being ${ORIENTATION_WORDS[orientation]}` : '';
  const bits = `${distance} of ${BITS} bits differ${turned}`;
  if (outcome === 'not-hashable')
    return `Not hashable: ${bits}, but a picture with a quality below ${pdqMinQuality} has too little in it to be told apart.`;
  return outcome === 'near'
    ? `Near: ${bits}, within the threshold of ${maxDistance}.`
    : `Not near: ${bits}, over the threshold of ${maxDistance}.`;
}

import { HASH_BYTES } from '../backend.js';
import type { Egide } from '../egide.js';
import { ORIENTATIONS, type Orientation, type PdqOrientations } from '../hash/pdq.js';
import type { Image } from '../image/image.js';
import { defaultPolicy } from '../shield/policy.js';
import { ORIENTATION_WORDS } from '../shield/summary.js';
import type { View } from '../shield/verdict.js';
import type { Command, Given } from './command.js';
import { findPatches, sayPatches } from './compare-patches.js';
import { writeCompareReport } from './compare-report.js';
import { checkOutput } from './files.js';
import { printable, UsageError } from './io.js';
import { packageVersion } from './package-version.js';
import { modeOf, naming, profileOf, READING_HELP, READING_OPTIONS } from './reading.js';

const BITS = 8 * HASH_BYTES;
const { pdqMaxDistance, pdqMinQuality } = defaultPolicy.thresholds;

/** `egide compare A B`. */
export const compareCommand: Command = {
  name: 'compare',
  help: `egide compare A B [options]

Says in how many of ${BITS} bits the PDQ hashes of two pictures differ, turning and mirroring A to lie on B as well as it can.
Unrelated pictures differ in about ${BITS / 2}. Then looks for B in A by patches, which find what is cropped, covered, turned or pasted into
another picture, and says how sure that is. Of an animation the first frame is compared.

  --max-distance N    bits that still count as near; default ${pdqMaxDistance}, which Meta publishes as a confident match
  --deep              look for patches longer: negatives, small parts (1,024 pixels), stretched copies; weak matches count
  --report FILE       also write one self-contained HTML page that shows what matched; its pictures are blurred and grey
  --clear             with --report: pictures as they are
${READING_HELP}  --json              print one JSON document

Exit code 0 whatever the answer, or 1 if a picture could not be read.
`,
  options: {
    ...READING_OPTIONS,
    'max-distance': { type: 'string' },
    deep: { type: 'boolean' },
    report: { type: 'string' },
    clear: { type: 'boolean' },
  },
  async run(io, given) {
    const [fileA, fileB, ...more] = given.files;
    if (fileA === undefined || fileB === undefined || more.length > 0) throw new UsageError('compare: expected two files');
    const maxDistance = given.number('max-distance', 0, BITS, pdqMaxDistance);
    const report = given.text('report');
    if (given.flag('clear') && report === undefined) throw new UsageError('compare: --clear goes with --report');
    if (report !== undefined) await checkOutput('--report', report);
    const egide = await io.load();
    const a = await look(egide, fileA, given, io.signal);
    const b = await look(egide, fileB, given, io.signal);
    const best = nearest(egide, a, b);
    const quality = Math.min(a.quality, b.quality);
    const outcome =
      quality < pdqMinQuality || a.unhashable || b.unhashable ? 'not-hashable' : best.distance <= maxDistance ? 'near' : 'not-near';
    const summary = sayOutcome(outcome, best, maxDistance);
    const finding = await findPatches(egide, a.image, b.image, given.flag('deep'), io.signal);
    if (given.flag('json')) {
      const described = [a, b].map(({ views: _, unhashable: __, image: ___, ...rest }) => rest);
      const answer = { a: described[0], b: described[1], ...best, maxDistance, mode: modeOf(given), outcome, summary, patches: finding };
      await io.out(`${JSON.stringify(answer)}\n`);
    } else {
      const width = Math.max(...[a, b].map(({ file }) => printable(file).length));
      for (const { file, quality, width: w, height: h, format } of [a, b])
        await io.out(`${printable(file).padEnd(width)}  quality ${String(quality).padStart(3)}  ${w} x ${h} ${format}\n`);
      await io.out(`${[summary, ...sayPatches(finding)].join('\n')}\n`);
    }
    if (report !== undefined) {
      const setting = { clear: given.flag('clear'), pdq: summary, version: packageVersion(), signal: io.signal };
      await writeCompareReport(report, egide, a, b, finding, setting);
      io.err(`report: ${printable(report)}\n`);
    }
    return 0;
  },
};

/** One of the two pictures. */
export interface Looked {
  readonly file: string;
  readonly quality: number;
  readonly width: number;
  readonly height: number;
  readonly format: string;
  readonly image: Image;
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
  return { file, quality, width: stored.width, height: stored.height, format: stored.format, image: stored, unhashable, views };
}

interface Nearest {
  readonly distance: number;
  /** How A has to be turned to lie on B. */
  readonly orientation: Orientation;
  /** Whether A is a negative of B. */
  readonly negative: boolean;
  readonly viewA: View;
  readonly viewB: View;
}

function nearest(egide: Egide, a: Looked, b: Looked): Nearest {
  const pairs = a.views.flatMap(({ view: viewA, hashed }) =>
    b.views.flatMap(({ view: viewB, hashed: { hash } }) =>
      ORIENTATIONS.flatMap((orientation, i) => {
        const distance = egide.pdq.distance(hashed.turned[i] as Uint8Array, hash);
        const pair = { orientation, viewA, viewB };
        return [
          { distance, negative: false, ...pair },
          { distance: BITS - distance, negative: true, ...pair },
        ];
      }),
    ),
  );
  return pairs.reduce((best, pair) => (pair.distance < best.distance ? pair : best));
}

function sayOutcome(outcome: string, { distance, orientation, negative }: Nearest, maxDistance: number): string {
  const change = [ORIENTATION_WORDS[orientation], ...(negative ? ['a negative'] : [])].filter(Boolean).join(' and ');
  const bits = `${distance} of ${BITS} bits differ${change ? `, A being ${change}` : ''}`;
  if (outcome === 'not-hashable')
    return `Not hashable: ${bits}, but a picture with a quality below ${pdqMinQuality} has too little in it to be told apart.`;
  return outcome === 'near'
    ? `Near: ${bits}, within the threshold of ${maxDistance}.`
    : `Not near: ${bits}, over the threshold of ${maxDistance}.`;
}

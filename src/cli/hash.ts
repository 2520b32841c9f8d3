import type { PdqMode } from '../backend.js';
import type { Egide } from '../egide.js';
import type { EgideError } from '../errors.js';
import { digestToHex, hashToHex } from '../hash/encoding.js';
import { ORIENTATIONS } from '../hash/pdq.js';
import type { Command, Given } from './command.js';
import { filesIn } from './files.js';
import { inOrder } from './in-order.js';
import { EXIT, type Io, printable, UsageError } from './io.js';
import { attempt, JOBS_HELP, jobsOf, modeOf, profileOf, READING_HELP, READING_OPTIONS } from './reading.js';

/** `egide hash FILE…`. */
export const hashCommand: Command = {
  name: 'hash',
  help: `egide hash FILE|DIR… [options]

Prints one line per picture, as Meta's pdq-photo-hasher does:

  <64 hex digits>,<quality 0 to 100>,<file>

A hash with a quality below 50 should not be put on a list or looked up. Of an animation the first frame is hashed.

  --orientations      eight lines per picture, with the orientation as a further column
  --digests           MD5, SHA-1 and SHA-256 of the file as further columns
${READING_HELP}${JOBS_HELP}  --json              one JSON document per line

Exit code 0, or 1 if a file could not be hashed.
`,
  options: { ...READING_OPTIONS, jobs: { type: 'string', short: 'j' }, orientations: { type: 'boolean' }, digests: { type: 'boolean' } },
  async run(io, given) {
    if (given.files.length === 0) throw new UsageError('hash: expected one or more files');
    const describe = describer(given);
    const jobs = jobsOf(given);
    const how = { mode: modeOf(given), profile: profileOf(given), digests: given.flag('digests') };
    const egide = await io.load();
    let failed = 0;
    for await (const attempted of inOrder(filesIn(given.files), jobs, (found) =>
      attempt(found, (path) => hashFile(egide, path, how, io.signal)),
    )) {
      if ('answer' in attempted) await io.out(describe(attempted.path, attempted.answer));
      else {
        failed += 1;
        await report(io, given, attempted.path, attempted.error);
      }
    }
    return failed > 0 ? EXIT.error : 0;
  },
};

interface Hashed {
  readonly hashes: readonly string[];
  readonly quality: number;
  readonly mode: string;
  readonly unhashable: string | null;
  readonly format: string;
  readonly width: number;
  readonly height: number;
  readonly frameCount: number;
  readonly exifOrientation: number;
  readonly digests?: { readonly md5: string; readonly sha1: string; readonly sha256: string };
}

interface How {
  readonly mode: PdqMode;
  readonly profile: 'default' | 'pytx';
  readonly digests: boolean;
}

async function hashFile(egide: Egide, path: string, how: How, signal: AbortSignal): Promise<Hashed> {
  const image = await egide.decode(path, { profile: how.profile, signal });
  const { hashes, quality, mode, unhashable } = await egide.pdq.hashAsync(image, { mode: how.mode, signal });
  const digests = how.digests ? await egide.digest(path, { signal }) : undefined;
  return {
    hashes: hashes.map(hashToHex),
    quality,
    mode,
    unhashable,
    format: image.format,
    width: image.width,
    height: image.height,
    frameCount: image.frameCount,
    exifOrientation: image.orientation,
    ...(digests && { digests: { md5: digestToHex(digests.md5), sha1: digestToHex(digests.sha1), sha256: digestToHex(digests.sha256) } }),
  };
}

function describer(given: Given): (path: string, hashed: Hashed) => string {
  const all = given.flag('orientations');
  if (given.flag('json'))
    return (file, { hashes, ...rest }) => {
      const orientations = all ? { orientations: Object.fromEntries(ORIENTATIONS.map((name, i) => [name, hashes[i]])) } : {};
      return `${JSON.stringify({ file, hash: hashes[0], ...rest, ...orientations })}\n`;
    };
  return (file, { hashes, quality, digests }) =>
    hashes
      .slice(0, all ? ORIENTATIONS.length : 1)
      .map((hash, i) =>
        [hash, quality, printable(file), ...(all ? [ORIENTATIONS[i]] : []), ...(digests ? Object.values(digests) : [])].join(','),
      )
      .map((line) => `${line}\n`)
      .join('');
}

async function report(io: Io, given: Given, file: string, { code, message }: EgideError): Promise<void> {
  if (given.flag('json')) await io.out(`${JSON.stringify({ file, error: { code, message } })}\n`);
  else io.err(`${printable(file)}: ${printable(message)} (${code})\n`);
}

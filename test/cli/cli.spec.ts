import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { filesIn } from '../../src/cli/files.js';
import { printable } from '../../src/cli/io.js';
import { displayWidth } from '../../src/cli/table.js';
import { defaultPolicy } from '../../src/shield/policy.js';
import type { Verdict } from '../../src/shield/verdict.js';
import { nodeEgide } from '../fixtures/shield.js';
import { backends } from '../spec/backends.js';
import { documents, type } from './command-line.js';
import { makeFolders } from './pictures.js';

describe.each(backends)('the command line on %s', (_name, makeBackend) => {
  const egide = nodeEgide(makeBackend());
  let root: string;
  let listed: string;
  let uploads: string;
  let list: string;
  const upload = (name: string) => join(uploads, name);

  beforeAll(async () => {
    ({ root, listed, uploads } = await makeFolders());
    list = join(root, 'known.csv');
    const made = await type(egide, ['list', 'make', listed, '-o', list]);
    if (made.code !== 0) throw new Error(made.err);
  });
  afterAll(() => rm(root, { recursive: true }));

  describe('help and usage', () => {
    test.each([['--help'], ['-h'], ['help']])('%s prints the commands', async (word) => {
      const { code, out } = await type(egide, [word]);
      expect(code).toBe(0);
      for (const command of ['hash', 'compare', 'list make', 'scan']) expect(out).toContain(`egide ${command}`);
    });

    test.each([['hash'], ['compare'], ['list make'], ['scan']])('egide %s --help prints its options', async (command) => {
      const { code, out } = await type(egide, [...command.split(' '), '--help']);
      expect(code).toBe(0);
      expect(out).toMatch(new RegExp(`^egide ${command} `));
      expect(out).toContain('--json');
    });

    test('--version prints the version of the package', async () => {
      const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
      expect(await type(egide, ['--version'])).toMatchObject({ code: 0, out: `${version}\n` });
      expect(documents((await type(egide, ['--version', '--json'])).out)).toEqual([{ version }]);
    });

    test('--version --verbose says which core does the work, and runs the self test', async () => {
      const { code, out } = await type(egide, ['--version', '--verbose']);
      expect(code).toBe(0);
      expect(out).toMatch(new RegExp(`^backend +${egide.backend.name}, ${egide.backend.kernel} kernels`, 'm'));
      expect(out).toMatch(/^self test {2}passed: (\d+) of \1 checks agree/m);
      expect(documents((await type(egide, ['--version', '--verbose', '--json'])).out)[0]).toMatchObject({
        backend: egide.backend,
        selfTest: { ok: true },
      });
    });

    test.each([
      [[], ''],
      [['frob'], 'there is no command "frob"'],
      [['list'], 'list: expected one of make, fake, add'],
      [['bank', 'moon'], 'bank: expected one of init, status'],
      [['hash'], 'expected one or more files'],
      [['hash', '--frob', 'x.jpg'], '--frob'],
      [['hash', '--mode', 'fast', 'x.jpg'], '--mode: expected full-res or reference-cpp'],
      [['hash', '--jobs', '0', 'x.jpg'], '--jobs: expected a whole number from 1 to 64'],
      [['hash', '--jobs', 'NaN', 'x.jpg'], '--jobs: expected a whole number'],
      [['hash', '/no/such/file.jpg'], 'cannot open /no/such/file.jpg'],
      [['compare', 'a.jpg'], 'expected two files'],
      [['compare', 'a.jpg', 'b.jpg', '--max-distance', '257'], '--max-distance: expected a whole number from 0 to 256'],
      [['compare', '/no/such/a.jpg', '/no/such/b.jpg'], '/no/such/a.jpg: the file could not be read (ENOENT) (NOT_FOUND)'],
      [['list', 'make', '/tmp'], 'expected -o FILE'],
      [['scan', 'x.jpg'], 'expected --list FILE'],
      [['scan', '--list', 'x.csv'], 'expected files or folders'],
      [['scan', 'x.jpg', '--list', '/no/such/list.csv'], 'NOT_FOUND'],
      [['scan', 'x.jpg', '--list', 'x.csv', '--clear'], '--clear goes with --report'],
    ])('%j is an error, exit code 1', async (words, message) => {
      const { code, out, err } = await type(egide, words);
      expect(code).toBe(1);
      expect(err).toContain(message);
      if (words.length > 0) expect(out).toBe('');
    });
  });

  describe('hash', () => {
    test("prints lines as Meta's pdq-photo-hasher does", async () => {
      const { code, out } = await type(egide, ['hash', upload('same.jpg'), upload('unrelated.jpg')]);
      expect(code).toBe(0);
      const lines = out.trimEnd().split('\n');
      expect(lines).toHaveLength(2);
      expect(lines[0]).toMatch(/^[0-9a-f]{64},\d{1,3},.*same\.jpg$/);
      expect(lines[1]).toMatch(/unrelated\.jpg$/);
    });

    test('--orientations prints eight lines, --digests three more columns', async () => {
      const { out } = await type(egide, ['hash', '--orientations', '--digests', upload('same.jpg')]);
      const lines = out
        .trimEnd()
        .split('\n')
        .map((line) => line.split(','));
      expect(lines.map((cells) => cells[3])).toEqual([
        'original',
        'rotate90',
        'rotate180',
        'rotate270',
        'flipX',
        'flipY',
        'flipPlus1',
        'flipMinus1',
      ]);
      expect(lines[0]?.slice(4).map((digest) => digest.length)).toEqual([32, 40, 64]);
    });

    test('--json prints one document per file, errors too', async () => {
      const { code, out } = await type(egide, ['hash', '--json', '--orientations', upload('same.jpg'), upload('notes.jpg')]);
      expect(code).toBe(1);
      const [hashed, failed] = documents(out);
      expect(hashed).toMatchObject({ file: upload('same.jpg'), mode: 'full-res', format: 'jpeg', unhashable: null, frameCount: 1 });
      expect(hashed).toHaveProperty('orientations.original', hashed?.hash);
      expect(failed).toMatchObject({ file: upload('notes.jpg'), error: { code: 'UNSUPPORTED_FORMAT' } });
    });

    test('goes on after a file that cannot be hashed, and exits with 1', async () => {
      const { code, out, err } = await type(egide, ['hash', upload('cut.jpg'), upload('same.jpg')]);
      expect(code).toBe(1);
      expect(err).toMatch(/cut\.jpg: .*\(CORRUPT_IMAGE\)\n$/);
      expect(out).toMatch(/same\.jpg\n$/);
    });

    test('keeps the order of the files with several at a time', async () => {
      const names = ['unrelated.jpg', 'flat.png', 'same.jpg', 'mirrored.png'];
      const { out } = await type(egide, ['hash', '-j', '4', ...names.map(upload)]);
      expect(
        out
          .trimEnd()
          .split('\n')
          .map((line) => line.split('/').at(-1)),
      ).toEqual(names);
    });
  });

  describe('compare', () => {
    test('tells how a mirrored copy lies on the original', async () => {
      const { code, out } = await type(egide, ['compare', upload('mirrored.png'), join(listed, 'boats.jpg')]);
      expect(code).toBe(0);
      expect(out).toMatch(/^Near: \d+ of 256 bits differ, A being mirrored, within the threshold of 31\.$/m);
    });

    test('--json has the distance, the orientation and both qualities', async () => {
      const [answer] = documents((await type(egide, ['compare', '--json', upload('unrelated.jpg'), upload('same.jpg')])).out);
      expect(answer).toMatchObject({
        outcome: 'not-near',
        maxDistance: 31,
        mode: 'full-res',
        a: { format: 'jpeg' },
        b: { file: upload('same.jpg') },
      });
      expect(answer?.distance).toBeGreaterThan(31);
    });

    test('does not call a flat picture near', async () => {
      const { out } = await type(egide, ['compare', upload('flat.png'), upload('flat.png')]);
      expect(out).toContain('Not hashable: 0 of 256 bits differ, but');
    });

    test('fails on what is no picture', async () => {
      const { code, err } = await type(egide, ['compare', upload('notes.jpg'), upload('same.jpg')]);
      expect([code, err]).toEqual([1, expect.stringContaining('UNSUPPORTED_FORMAT')]);
    });
  });

  describe('list make', () => {
    test('lists pictures of all folders, every frame of an animation, and names what it left out', async () => {
      const output = join(root, 'uploads.csv');
      const { code, out, err } = await type(egide, ['list', 'make', uploads, '-o', output, '--category', 'test, only']);
      expect(code).toBe(0);
      expect(out).toContain('4 entries, 6 PDQ hashes, 3 files left out');
      expect(err.match(/^left out: .*$/gm)).toHaveLength(3);
      expect(err).toMatch(/flat\.png: not hashable/);
      using read = await egide.hashList(output, { name: 'made' });
      expect(read.report).toMatchObject({ refused: 0, partial: 0, byType: { pdq: 6, md5: 4, sha1: 4, sha256: 4 } });
      expect(read.entry(0, 'pdq')).toMatchObject({ list: 'made', category: 'test, only' });
    });

    test('--name names the list in every line, and --json prints the counts', async () => {
      const output = join(root, 'named.csv');
      const { out } = await type(egide, ['list', 'make', listed, '-o', output, '--name', 'harmless', '--json']);
      expect(documents(out)).toEqual([{ output, entries: 2, hashes: 2, skipped: [] }]);
      using read = await egide.hashList(output, { name: 'made' });
      expect(read.entry(0, 'pdq').list).toBe('harmless');
    });

    test('leaves the old list, and nothing else, if it is stopped', async () => {
      const folder = join(root, 'out');
      await mkdir(folder);
      const output = join(folder, 'list.csv');
      await writeFile(output, 'the old one');
      const { code } = await type(egide, ['list', 'make', listed, '-o', output], { signal: AbortSignal.abort() });
      expect(code).toBe(130);
      expect(await readdir(folder)).toEqual(['list.csv']);
      expect(await readFile(output, 'utf8')).toBe('the old one');
    });
  });

  describe('scan', () => {
    test.each([
      ['unrelated.jpg', 0, 'allow'],
      ['mirrored.png', 2, 'hold'],
      ['deep/er/film.webp', 2, 'hold'],
      ['flat.png', 2, 'hold'],
      ['cut.jpg', 2, 'hold'],
      ['notes.jpg', 2, 'hold'],
      ['same.jpg', 3, 'block'],
    ])('%s exits with %i (%s)', async (name, exit, action) => {
      const { code, out } = await type(egide, ['scan', upload(name), '--list', list, '--json']);
      expect([code, verdicts(out)[0]?.action]).toEqual([exit, action]);
    });

    test('prints a table whose columns line up, and the counts', async () => {
      const { code, out, err } = await type(egide, ['scan', uploads, '--list', list]);
      expect([code, err]).toEqual([3, '']);
      const lines = out.split('\n');
      const column = lines[0]?.indexOf('file') as number;
      expect(lines.slice(1, 8).map((line) => line.slice(column))).toEqual(
        ['cut.jpg', 'deep/er/film.webp', 'flat.png', 'mirrored.png', 'notes.jpg', 'same.jpg', 'unrelated.jpg'].map(upload),
      );
      expect(out).toMatch(/^hold {4}near pdq .*\d+ of 256 {2}mirrored +known \/ boats\.jpg +\//m);
      expect(out).toContain('in frame 3 of 3');
      expect(out).toMatch(/\n7 files: 1 block, 5 hold, 1 allow\n$/);
    });

    test('has neither colour nor bar in a pipe, and both on a terminal', async () => {
      const csi = '\u001b[';
      const piped = await type(egide, ['scan', uploads, '--list', list]);
      expect(piped.out + piped.err).not.toContain(csi);
      const shown = await type(egide, ['scan', uploads, '--list', list], { terminal: true });
      expect(shown.out).toContain(`${csi}31m`);
      expect(shown.err).toContain('/7 files');
      expect(shown.err.endsWith('\r\u001b[K')).toBe(true);
    });

    test('--json prints verdicts in the order of the files', async () => {
      const { out } = await type(egide, ['scan', uploads, '--list', list, '--json', '-j', '4']);
      const files = documents(out).map(({ file }) => file);
      expect(files).toHaveLength(7);
      expect(files).toEqual([...files].sort());
      for (const verdict of verdicts(out)) expect(Object.keys(verdict).sort()).toEqual(VERDICT_KEYS);
    });

    test('--policy decides, and a malformed one is an error', async () => {
      const path = join(root, 'policy.json');
      await writeFile(
        path,
        JSON.stringify({ ...defaultPolicy, version: 'lax', actions: { ...defaultPolicy.actions, couldNotTell: 'allow' } }),
      );
      const { code, out } = await type(egide, ['scan', upload('cut.jpg'), '-l', list, '--policy', path, '--json']);
      expect([code, verdicts(out)[0]?.policyVersion]).toEqual([0, 'lax']);
      await writeFile(path, JSON.stringify({ ...defaultPolicy, thresholds: { ...defaultPolicy.thresholds, pdqMaxDistance: -1 } }));
      expect((await type(egide, ['scan', upload('cut.jpg'), '-l', list, '--policy', path])).err).toContain(
        'policy.thresholds.pdqMaxDistance',
      );
      await writeFile(path, '{');
      expect(await type(egide, ['scan', upload('cut.jpg'), '-l', list, '--policy', path])).toMatchObject({
        code: 1,
        err: expect.stringContaining('expected JSON'),
      });
    });

    test('several lists are searched; two of one name are told apart by their paths', async () => {
      await mkdir(join(root, 'other'), { recursive: true });
      const other = join(root, 'other', 'known.csv');
      await writeFile(other, 'type,value,id\nmd5,00000000000000000000000000000000,1\n');
      const { out } = await type(egide, ['scan', upload('same.jpg'), '-l', list, '-l', other, '--json']);
      expect(verdicts(out)[0]?.lists).toEqual([
        { name: list, entries: 2 },
        { name: other, entries: 1 },
      ]);
    });

    test('warns of lines that were not kept', async () => {
      const path = join(root, 'half.csv');
      await writeFile(path, 'type,value,id\nmd5,00000000000000000000000000000000,1\nmd5,nonsense,2\n');
      const { err } = await type(egide, ['scan', upload('same.jpg'), '-l', path]);
      expect(err).toMatch(/^warning: .*half\.csv: 1 line was not kept, the first is line 3: /);
      expect(err).not.toContain('nonsense');
    });

    test('symbolic links in a folder are not followed, so a loop ends', async () => {
      const folder = join(root, 'loop');
      await mkdir(folder);
      await symlink(folder, join(folder, 'again'));
      await symlink(upload('same.jpg'), join(folder, 'link.jpg'));
      await writeFile(join(folder, 'one.png'), await readFile(upload('mirrored.png')));
      expect((await type(egide, ['scan', folder, '--list', list])).out).toContain('1 file: 0 block, 1 hold, 0 allow');
    });

    test('a folder with no files is an error', async () => {
      const folder = join(root, 'empty');
      await mkdir(folder);
      expect(await type(egide, ['scan', folder, '--list', list])).toMatchObject({
        code: 1,
        err: expect.stringContaining('there are no files'),
      });
    });

    test('a folder that cannot be read is named, and the walk goes on', async () => {
      const folder = join(root, 'vanishing');
      await mkdir(join(folder, 'b'), { recursive: true });
      for (const name of ['a.png', 'c.png']) await writeFile(join(folder, name), '');
      const found: unknown[] = [];
      for await (const one of filesIn([folder])) {
        if (found.length === 0) await rm(join(folder, 'b'), { recursive: true });
        found.push(one);
      }
      expect(found).toEqual([
        { path: join(folder, 'a.png') },
        { path: join(folder, 'b'), unreadable: expect.stringContaining('ENOENT') },
        { path: join(folder, 'c.png') },
      ]);
    });
  });
});

const VERDICT_KEYS = [
  'action',
  'input',
  'lists',
  'matches',
  'outcome',
  'patches',
  'policyVersion',
  'problems',
  'remote',
  'summary',
  'timings',
];

/** The verdicts in the lines of `egide scan --json`. */
function verdicts(text: string): Verdict[] {
  return documents(text).map(({ file: _, ...verdict }) => verdict as unknown as Verdict);
}

describe('what is printed of strangers', () => {
  test('has no control characters and nothing that turns the direction of writing', () => {
    expect(printable('a\u001b[31mb\nc\u202egpj.exe\u009b')).toBe('a\\u001b[31mb\\u000ac\\u202egpj.exe\\u009b');
    expect(printable('Zoë 日本 👪.png')).toBe('Zoë 日本 👪.png');
  });

  test.each([
    ['abc', 3],
    ['日本', 4],
    ['e\u0301', 1],
    ['👀', 2],
  ])('%s takes %i columns', (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });
});

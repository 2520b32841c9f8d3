import sharp, { type Sharp } from 'sharp';
import { describe, expect, test } from 'vitest';
import { createEgide } from '../../src/egide.js';
import { EgideError } from '../../src/errors.js';
import type { Decoder } from '../../src/image/decoder.js';
import type { HashList } from '../../src/list/hash-list.js';
import { defaultPolicy, type Policy } from '../../src/shield/policy.js';
import type { ShieldOptions } from '../../src/shield/shield.js';
import type { NearMatch, Verdict } from '../../src/shield/verdict.js';
import { animation, flat, listOf, nodeEgide, nodePlatform, photo, rowOf } from '../fixtures/shield.js';
import { backends } from './backends.js';

const boats = await photo('nagasaki-boats');
const cat = await photo('locomotion-house-cat');
const alps = await photo('french-alpine-landscape');

describe.each(backends)('a shield on %s', (_name, makeBackend) => {
  const egide = nodeEgide(makeBackend());
  const listed = (bytes: Uint8Array = boats, name = 'test') => rowOf(egide, '42', bytes).then((row) => listOf(egide, name, [row]));
  const exactly = (bytes: Uint8Array) => rowOf(egide, '42', bytes, false).then((row) => listOf(egide, 'test', [row]));
  const scan = (bytes: Uint8Array, list: HashList, more: Partial<ShieldOptions> = {}) =>
    egide.shield({ lists: [list], ...more }).scan(bytes);
  const edited = async (edit: (picture: Sharp) => Sharp) => new Uint8Array(await edit(sharp(boats)).toBuffer());

  test('blocks the very file that is listed, and shows its near match as further evidence', async () => {
    const verdict = await scan(boats, await exactly(boats));
    expect(verdict).toMatchObject({ action: 'block', outcome: 'match', problems: [] });
    expect(verdict.matches.map(({ kind, signal }) => `${kind} ${signal}`)).toEqual(['exact sha256', 'exact sha1', 'exact md5', 'near pdq']);
    expect(verdict.summary).toBe('Exact match: the SHA-256 of the file is that of entry 42 of list test (and 3 more matches).');
  });

  test('does not decode after an exact match if the policy says so', async () => {
    const verdict = await scan(boats, await exactly(boats), { policy: { ...defaultPolicy, stopAtExact: true } });
    expect(verdict).toMatchObject({ action: 'block', outcome: 'match', input: { framesHashed: 0 } });
    expect(verdict.matches.map(({ kind }) => kind)).toEqual(['exact', 'exact', 'exact']);
  });

  test('looks on after an exact match that does not block, even with stopAtExact', async () => {
    const policy: Policy = { ...defaultPolicy, stopAtExact: true, lists: { known: { actions: { exact: 'allow', near: 'allow' } } } };
    const known = await listOf(egide, 'known', [await rowOf(egide, '1', boats, false)]);
    const verdict = await egide.shield({ lists: [known, await listed()], policy }).scan(boats);
    expect(verdict).toMatchObject({ action: 'hold', outcome: 'match', input: { framesHashed: 1 } });
  });

  test('holds a smaller, recompressed copy, with the evidence', async () => {
    const verdict = await scan(await edited((picture) => picture.resize(300).jpeg({ quality: 60 })), await listed());
    expect(verdict).toMatchObject({
      action: 'hold',
      outcome: 'match',
      policyVersion: defaultPolicy.version,
      lists: [{ name: 'test', entries: 1 }],
    });
    const [match] = verdict.matches as [NearMatch];
    expect(match).toMatchObject({ kind: 'near', signal: 'pdq', action: 'hold', entry: { id: '42', list: 'test' } });
    expect(match).toMatchObject({ maxDistance: 31, orientation: 'original', view: 'stored', frame: 0, mode: 'full-res' });
    expect(match.distance).toBeLessThanOrEqual(31);
    expect(verdict.input).toMatchObject({ format: 'jpeg', width: 300, frameCount: 1, framesHashed: 1, profile: 'default' });
  });

  test('allows a picture that no list has', async () => {
    const verdict = await scan(cat, await listed());
    expect(verdict).toMatchObject({ action: 'allow', outcome: 'no-match', matches: [], problems: [] });
    expect(verdict.summary).toBe('No match among 1 entry of 1 list.');
  });

  test.each([
    ['flipY', (picture: Sharp) => picture.flop()],
    ['flipX', (picture: Sharp) => picture.flip()],
    ['rotate180', (picture: Sharp) => picture.rotate(180)],
  ] as const)('finds a picture turned by %s', async (orientation, turn) => {
    const { matches } = await scan(await edited((picture) => turn(picture).png()), await listed());
    expect(matches[0]).toMatchObject({ kind: 'near', orientation, view: 'stored' });
  });

  test.each([
    [90, 'rotate90', 'turned a quarter clockwise'],
    [270, 'rotate270', 'turned a quarter counter-clockwise'],
  ] as const)('finds a picture turned clockwise by %i degrees, and says so', async (angle, orientation, words) => {
    const { matches, summary } = await scan(await edited((picture) => picture.rotate(angle).png()), await listed());
    expect(matches[0]).toMatchObject({ orientation });
    expect(summary).toContain(words);
  });

  test('finds a negative, upright and mirrored, and says so', async () => {
    const upright = await scan(await edited((picture) => picture.negate().png()), await listed());
    expect(upright).toMatchObject({ action: 'hold', matches: [{ kind: 'near', orientation: 'original', negative: true }] });
    expect(upright.summary).toContain('as a negative');
    const mirrored = await scan(await edited((picture) => picture.flop().negate().png()), await listed());
    expect(mirrored.matches[0]).toMatchObject({ orientation: 'flipY', negative: true });
    const plain = await scan(await edited((picture) => picture.png()), await listed());
    expect(plain.matches[0]).toMatchObject({ negative: false });
  });

  test.each([2, 3, 4, 5, 6, 7, 8])('looks at stored and upright pixels of EXIF orientation %i', async (orientation) => {
    // Two entries: the pixels as they are stored, and the picture as a person sees it. Each must be found as what it is.
    const tagged = await edited((picture) => picture.withMetadata({ orientation }).jpeg({ quality: 95 }));
    const seen = new Uint8Array(await sharp(tagged).autoOrient().png().toBuffer());
    const rows = [await rowOf(egide, 'stored', tagged), await rowOf(egide, 'upright', seen)];
    const policy = { ...defaultPolicy, thresholds: { ...defaultPolicy.thresholds, pdqMaxDistance: 0 } };
    const { matches } = await scan(tagged, await listOf(egide, 'test', rows), { policy });
    const found = Object.fromEntries(matches.map((match) => [match.entry.id, match as NearMatch]));
    expect(found.stored).toMatchObject({ view: 'stored', orientation: 'original', distance: 0 });
    expect(found.upright).toMatchObject({ orientation: 'original', view: 'upright', distance: 0 });
  });

  test('finds a listed picture in the third frame of an animation', async () => {
    const verdict = await scan(await animation([cat, alps, boats, cat]), await listed());
    expect(verdict).toMatchObject({ action: 'hold', input: { frameCount: 4, framesHashed: 4 } });
    expect(verdict.matches).toHaveLength(1);
    expect(verdict.matches[0]).toMatchObject({ frame: 2 });
    expect(verdict.summary).toContain('in frame 3 of 4');
  });

  test('holds an animation of which frames were left out, unless a match was found before', async () => {
    const film = await animation([cat, alps, boats, cat]);
    const short = await scan(film, await listed(), { limits: { maxFrames: 2 } });
    expect(short).toMatchObject({ action: 'hold', outcome: 'could-not-tell', input: { frameCount: 4, framesHashed: 2 } });
    expect(short.problems).toEqual([{ code: 'FRAMES_LEFT_OUT', message: '2 of 4 frames were not looked at (maxFrames is 2)' }]);
    const enough = await scan(film, await listed(), { limits: { maxFrames: 3 } });
    expect(enough).toMatchObject({ action: 'hold', outcome: 'match', problems: [{ code: 'FRAMES_LEFT_OUT' }] });
  });

  test('holds an animation of which only one frame was given as pixels, or looked at', async () => {
    const shield = egide.shield({ lists: [await listed()] });
    const film = await animation([cat, alps]);
    const given = await shield.scan(await egide.decode(film));
    expect(given).toMatchObject({ action: 'hold', outcome: 'could-not-tell', input: { framesHashed: 1 } });
    expect(given.problems).toEqual([
      { code: 'FRAMES_LEFT_OUT', message: '1 of 2 frames were not looked at (the pixels of one were given: pass the file)' },
    ]);
    expect(await shield.scan(film, { profile: 'pytx' })).toMatchObject({ action: 'hold', problems: [{ code: 'FRAMES_LEFT_OUT' }] });
  });

  test('a decoder that finds no frame has told nothing', async () => {
    const empty: Decoder = { name: 'empty', decode: nodePlatform.decoder.decode, async *frames() {} };
    const blind = createEgide(makeBackend(), { ...nodePlatform, decoder: empty });
    const verdict = await blind.shield({ lists: [await listed()] }).scan(boats);
    expect(verdict).toMatchObject({ action: 'hold', outcome: 'could-not-tell', problems: [{ code: 'CORRUPT_IMAGE' }] });
  });

  test('holds a flat picture as not hashable', async () => {
    const verdict = await scan(await flat(), await listed());
    expect(verdict).toMatchObject({ action: 'hold', outcome: 'not-hashable', matches: [], input: { quality: 0 } });
    expect(verdict.problems).toEqual([
      { code: 'LOW_QUALITY', message: 'quality 0 of 100 is below the 50 that the policy asks for', frame: 0 },
    ]);
  });

  test('holds a picture of 4 x 4 pixels as too small, whatever quality is asked for', async () => {
    const policy = { ...defaultPolicy, thresholds: { ...defaultPolicy.thresholds, pdqMaxDistance: 256, pdqMinQuality: 0 } };
    const verdict = await scan(await flat(4, 4), await listed(), { policy });
    expect(verdict).toMatchObject({ action: 'hold', outcome: 'not-hashable', problems: [{ code: 'TOO_SMALL', frame: 0 }] });
  });

  test('one flat frame among others does not hold an animation, and is reported', async () => {
    const verdict = await scan(await animation([cat, await flat(160, 120)]), await listed());
    expect(verdict).toMatchObject({ action: 'allow', outcome: 'no-match', problems: [{ code: 'LOW_QUALITY', frame: 1 }] });
  });

  test.each([
    ['no bytes', new Uint8Array(0), 'EMPTY_INPUT'],
    ['a text', new TextEncoder().encode('this is no picture at all, whatever its name says'), 'UNSUPPORTED_FORMAT'],
    ['half a JPEG', boats.slice(0, boats.length >> 1), 'CORRUPT_IMAGE'],
  ])('holds %s: it could not tell', async (_what, bytes, code) => {
    const verdict = await scan(bytes, await listed());
    expect(verdict).toMatchObject({ action: 'hold', outcome: 'could-not-tell', matches: [] });
    expect(verdict.problems.map((problem) => problem.code)).toEqual([code]);
    expect(verdict.summary).toMatch(/^Could not tell: /);
  });

  test.each([
    [{ maxBytes: 1000 }, 'TOO_MANY_BYTES'],
    [{ maxPixels: 1000 }, 'TOO_MANY_PIXELS'],
  ])('holds what is over a limit: %o', async (limits, code) => {
    expect(await scan(boats, await listed(), { limits })).toMatchObject({
      action: 'hold',
      outcome: 'could-not-tell',
      problems: [{ code }],
    });
  });

  test('holds a path that cannot be opened', async () => {
    const verdict = await egide.shield({ lists: [await listed()] }).scan('/no/such/picture.jpg');
    expect(verdict).toMatchObject({
      action: 'hold',
      outcome: 'could-not-tell',
      problems: [{ code: 'NOT_FOUND' }],
      input: { byteLength: 0 },
    });
  });

  test('an exact match blocks even what cannot be decoded', async () => {
    const broken = boats.slice(0, boats.length >> 1);
    const list = await listOf(egide, 'test', [{ id: '7', ...(await egide.digest(broken)) }, await rowOf(egide, '42', cat)]);
    expect(await scan(broken, list)).toMatchObject({ action: 'block', outcome: 'match', problems: [{ code: 'CORRUPT_IMAGE' }] });
  });

  test('a list of digests alone needs no decoding', async () => {
    const list = await listOf(egide, 'test', [{ id: '7', ...(await egide.digest(cat)) }]);
    expect(await scan(new TextEncoder().encode('no picture'), list)).toMatchObject({ action: 'allow', outcome: 'no-match', problems: [] });
    expect(await scan(cat, list)).toMatchObject({ action: 'block', input: { framesHashed: 0 } });
  });

  describe('several lists', () => {
    test('the sternest match decides, and matches come nearest first, then in the order of the lists', async () => {
      const copy = await edited((picture) => picture.resize(300).jpeg({ quality: 40 }));
      const lists = [await listed(boats, 'a'), await listed(copy, 'b'), await listed(boats, 'c')];
      const policy: Policy = { ...defaultPolicy, lists: { c: { actions: { near: 'block' } }, a: { actions: { near: 'allow' } } } };
      const { action, matches } = await egide.shield({ lists, policy }).scan(copy);
      expect(action).toBe('block');
      expect(matches.map(({ entry, action: own }) => `${entry.list} ${own}`)).toEqual(['b hold', 'a allow', 'c block']);
    });

    test('each list has its own threshold', async () => {
      const copy = await edited((picture) => picture.resize(300).blur(3).jpeg({ quality: 40 }));
      const lists = [await listed(boats, 'wide'), await listed(boats, 'narrow')];
      const policy: Policy = { ...defaultPolicy, lists: { narrow: { thresholds: { pdqMaxDistance: 0 } } } };
      const { matches } = await egide.shield({ lists, policy }).scan(copy);
      expect(matches.map(({ entry }) => entry.list)).toEqual(['wide']);
    });

    test('a list that asks for more quality than the picture has makes it not hashable', async () => {
      const lists = [await listed(boats, 'usual'), await listed(boats, 'picky')];
      const dull = new Uint8Array(await sharp(cat).linear(0.2, 90).png().toBuffer());
      const { quality } = await egide.pdq.hashAsync(await egide.decode(dull));
      const asking = (picky: number): Policy => ({
        ...defaultPolicy,
        lists: { usual: { thresholds: { pdqMinQuality: quality } }, picky: { thresholds: { pdqMinQuality: picky } } },
      });
      expect(quality).toBeLessThan(100);
      expect(await egide.shield({ lists, policy: asking(quality) }).scan(dull)).toMatchObject({ action: 'allow', outcome: 'no-match' });
      const verdict = await egide.shield({ lists, policy: asking(quality + 1) }).scan(dull);
      expect(verdict).toMatchObject({ action: 'hold', outcome: 'not-hashable' });
    });

    test('an entry is reported once however many of its hashes are near', async () => {
      const row = await rowOf(egide, '42', boats);
      const other = await rowOf(egide, '42', await edited((picture) => picture.resize(200).jpeg({ quality: 30 })));
      const { matches } = await scan(boats, await listOf(egide, 'test', [other, row]));
      expect(matches).toHaveLength(1);
      expect(matches[0]).toMatchObject({ distance: 0 });
    });

    test('a match that its list lets pass does not excuse what could not be looked at', async () => {
      const policy: Policy = { ...defaultPolicy, actions: { ...defaultPolicy.actions, near: 'allow' } };
      const film = await animation([boats, cat]);
      expect(await scan(film, await listed(), { policy })).toMatchObject({ action: 'allow', outcome: 'match' });
      expect(await scan(film, await listed(), { policy, limits: { maxFrames: 1 } })).toMatchObject({ action: 'hold', outcome: 'match' });
    });
  });

  test('the policy decides what happens to each outcome', async () => {
    const actions = {
      exact: 'hold',
      near: 'block',
      partial: 'hold',
      noMatch: 'hold',
      notHashable: 'allow',
      couldNotTell: 'block',
    } as const;
    const policy: Policy = { ...defaultPolicy, actions };
    const list = await listed();
    const results = [boats, cat, await flat(), new Uint8Array(0)].map(async (bytes) => (await scan(bytes, list, { policy })).action);
    expect(await Promise.all(results)).toEqual(['block', 'hold', 'allow', 'block']);
  });

  test('a list made in the other PDQ family is searched with it', async () => {
    const policy: Policy = { ...defaultPolicy, lists: { old: { pdqMode: 'reference-cpp' } } };
    const lists = [await listed(boats, 'new'), await listed(boats, 'old')];
    const { matches } = await egide.shield({ lists, policy }).scan(boats);
    expect(Object.fromEntries(matches.map((match) => [match.entry.list, (match as NearMatch).mode]))).toEqual({
      new: 'full-res',
      old: 'reference-cpp',
    });
  });

  test('the same bytes, lists and policy give the same verdict, which is JSON, whatever the caller does to the buffer', async () => {
    const shield = egide.shield({ lists: [await exactly(boats)] });
    const first = await shield.scan(boats);
    const copy = boats.slice();
    const running = shield.scan(copy);
    structuredClone(copy, { transfer: [copy.buffer] });
    const second = await running;
    const evidence = ({ timings: _, ...rest }: Verdict) => rest;
    expect(evidence(second)).toEqual(evidence(first));
    expect(JSON.parse(JSON.stringify(first))).toEqual(first);
    for (const ms of Object.values(first.timings)) expect(ms).toBeGreaterThanOrEqual(0);
  });

  test('a file may be transferred after the call that decodes it', async () => {
    const expected = (await egide.decode(boats)).data;
    const copy = new Uint8Array(boats);
    const decoding = egide.decode(copy);
    structuredClone(copy, { transfer: [copy.buffer] });
    expect(Buffer.compare((await decoding).data, expected)).toBe(0);
  });

  test('pixels may be transferred after the call', async () => {
    const image = await egide.decode(boats);
    const running = egide.shield({ lists: [await listed()] }).scan({ ...image, orientation: 6 });
    structuredClone(image.data, { transfer: [image.data.buffer as ArrayBuffer] });
    expect(await running).toMatchObject({ outcome: 'match', matches: [{ distance: 0 }] });
  });

  test('a verdict never carries a hash', async () => {
    const list = await exactly(boats);
    const text = JSON.stringify(await scan(boats, list));
    expect(text).not.toMatch(/[0-9a-f]{32}/i);
  });

  test('reads a Blob, a stream and a path alike', async () => {
    const shield = egide.shield({ lists: [await listed()] });
    const path = new URL('../../examples/pictures/nagasaki-boats.jpg', import.meta.url).pathname;
    const blob = new Blob([boats.slice()]);
    for (const input of [blob, blob.stream(), path, boats.slice().buffer])
      expect(await shield.scan(input)).toMatchObject({ outcome: 'match', matches: [{ distance: 0 }], input: { byteLength: boats.length } });
  });

  test('reports progress by frame', async () => {
    const seen: string[] = [];
    const onProgress = ({ framesDone, frameCount }: { framesDone: number; frameCount: number }) => seen.push(`${framesDone}/${frameCount}`);
    await egide.shield({ lists: [await listed()] }).scan(await animation([cat, alps, boats]), { onProgress });
    expect(seen).toEqual(['1/3', '2/3', '3/3']);
  });

  describe('throws', () => {
    test('the reason of a signal, before and during the work', async () => {
      const shield = egide.shield({ lists: [await listed()] });
      await expect(shield.scan(boats, { signal: AbortSignal.abort() })).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
      const stop = new AbortController();
      const film = await animation([cat, alps, boats, cat]);
      const running = shield.scan(film, { signal: stop.signal, onProgress: () => stop.abort(new Error('enough')) });
      await expect(running).rejects.toThrow('enough');
    });

    test("what the caller's own stream throws", async () => {
      async function* broken() {
        yield boats.subarray(0, 100);
        throw new Error('the connection was lost');
      }
      await expect(egide.shield({ lists: [await listed()] }).scan(broken())).rejects.toThrow('the connection was lost');
    });

    test.each([[undefined], [null], [42], [{ width: 3 }], [{ data: [], width: 3, height: 3, channels: 3 }]])(
      'for %o in place of a picture',
      async (input) => {
        const shield = egide.shield({ lists: [await listed()] });
        await expect(shield.scan(input as unknown as Uint8Array)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
      },
    );

    test('for a buffer that was transferred away', async () => {
      const gone = boats.slice();
      structuredClone(gone, { transfer: [gone.buffer] });
      const shield = egide.shield({ lists: [await listed()] });
      await expect(shield.scan(gone)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
      await expect(shield.scan(gone.buffer)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    });

    test.each([
      ['options', null],
      ['onProgress', { onProgress: 3 }],
      ['profile', { profile: 'fast' }],
    ])('for %s that are none', async (name, options) => {
      const shield = egide.shield({ lists: [await listed()] });
      await expect(shield.scan(boats, options as never)).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining(name),
      });
    });

    test('for a list that was disposed of', async () => {
      const list = await listed();
      const shield = egide.shield({ lists: [list] });
      list[Symbol.dispose]();
      await expect(shield.scan(boats)).rejects.toMatchObject({ code: 'DISPOSED' });
    });

    test.each([
      ['no options', () => undefined, /^options:/],
      ['no lists', () => ({ lists: [] }), /^lists:/],
      ['a promise of a list', () => ({ lists: [listed()] }), /^lists\[0\]:.*await/],
      ['two lists of one name', async () => ({ lists: [await listed(), await listed()] }), /^lists\[1\]\.name:/],
      [
        'a policy for a list that is not there',
        async () => ({ lists: [await listed()], policy: { ...defaultPolicy, lists: { tset: {} } } }),
        /^policy\.lists\.tset:/,
      ],
      ['a limit that is none', async () => ({ lists: [await listed()], limits: { maxPixels: Number.NaN } }), /^maxPixels:/],
    ])('for %s', async (_what, options, message) => {
      const given = (await options()) as ShieldOptions;
      expect(() => egide.shield(given)).toThrow(EgideError);
      expect(() => egide.shield(given)).toThrow(message);
    });
  });
});

import { describe, expect, test } from 'vitest';
import { bytesToBase64, bytesToHex } from '../../src/hash/encoding.js';
import { NCMEC_MAX_RECORD_LENGTH, NcmecReader, parseNcmecPage } from '../../src/list/formats/ncmec-xml.js';
import { parseXml } from '../../src/list/formats/xml.js';
import { seededBytes } from './search-fixture.js';

const MD5 = seededBytes(16, 1);
const SHA1 = seededBytes(20, 2);
const PDQ = seededBytes(32, 3);
const PDNA = seededBytes(144, 4);
const text = (value: string) => new TextEncoder().encode(value);

const PAGE = `<?xml version="1.0" encoding="UTF-8"?>
<queryResult xmlns="https://hashsharing.ncmec.org/hashsharing/v2">
 <images count="2" maxTimestamp="2017-10-24T15:10:00Z">
  <image><member id="42">Example Member</member><timestamp>2017-10-24T15:00:00Z</timestamp><id>image1</id>
   <classification>A1</classification>
   <fingerprints><md5>${bytesToHex(MD5)}</md5><sha1>${bytesToHex(SHA1).toUpperCase()}</sha1><pdna>${bytesToBase64(PDNA)}</pdna><pdq>${bytesToHex(PDQ)}</pdq></fingerprints>
   <feedback lastUpdateTimestamp="2017-10-25T00:00:00Z">
    <affirmativeFeedback type="Md5" lastUpdateTimestamp="2017-10-25T00:00:00Z"><members timestamp="2017-10-25T00:00:00Z"><member id="43">B</member><member id="44">C</member></members></affirmativeFeedback>
    <negativeFeedback type="Sha1"><reasons>
      <reason guid="01234567-abcd-0123-4567-012345678900" name="Example Reason 1" type="Sha1"/>
      <members timestamp="2017-10-25T00:00:00Z"><member id="45">D</member></members></reasons></negativeFeedback>
   </feedback></image>
  <deletedImage><member id="43">Other &amp; Co</member><id>image4</id><timestamp>2017-10-24T15:00:00Z</timestamp></deletedImage>
 </images>
 <videos count="1" maxTimestamp="2017-10-24T15:20:00Z">
  <video><member id="42">Example Member</member><timestamp>2017-10-24T15:20:00Z</timestamp><id>v&#49;</id><classification>B2</classification>
   <fingerprints><md5>${bytesToHex(MD5)}</md5><tmk-pdqf rel="self" href="/v2/entries/1/fingerprints/TMK_PDQF"/><videntifier>abc</videntifier>
    <netclean>n</netclean><ssvh-pdna>p</ssvh-pdna><ssvh-safer-hash>s</ssvh-safer-hash><newest-hash>x</newest-hash></fingerprints>
   <feedback/></video>
  <deletedVideo><member id="9">E</member><id>v9</id></deletedVideo>
 </videos>
 <paging><next>/v2/entries?from=a&amp;to=b&amp;start=2001&amp;size=1000&amp;max=3000</next></paging>
</queryResult>
`;

const OTHERS = [
  ['TMK_PDQF', '/v2/entries/1/fingerprints/TMK_PDQF'],
  ['VIDENTIFIER', 'abc'],
  ['NETCLEAN', 'n'],
  ['SSVH_PDNA', 'p'],
  ['SSVH_SAFER_HASH', 's'],
  ['NEWEST_HASH', 'x'],
] as const;

const EXPECTED = {
  updates: new Map([
    [
      '42-image1',
      {
        key: '42-image1',
        signals: [
          { type: 'md5', value: MD5 },
          { type: 'sha1', value: SHA1 },
          { type: 'photodna', value: PDNA },
          { type: 'pdq', value: PDQ },
        ],
        opinions: [
          { by: '42', value: 'positive', tags: ['A1'] },
          { by: '43', value: 'positive', tags: ['MD5'] },
          { by: '44', value: 'positive', tags: ['MD5'] },
          { by: '45', value: 'negative', tags: ['SHA1', 'Example Reason 1'] },
        ],
        category: 'A1',
        updatedAt: Date.UTC(2017, 9, 24, 15),
      },
    ],
    ['43-image4', null],
    [
      '42-v1',
      {
        key: '42-v1',
        signals: [
          { type: 'video-md5', value: MD5 },
          ...OTHERS.map(([name, value]) => ({ type: 'other' as const, value: text(value), name })),
        ],
        opinions: [{ by: '42', value: 'positive', tags: ['B2'] }],
        category: 'B2',
        updatedAt: Date.UTC(2017, 9, 24, 15, 20),
      },
    ],
    ['9-v9', null],
  ]),
  times: new Map([
    ['42-image1', Date.UTC(2017, 9, 24, 15)],
    ['43-image4', Date.UTC(2017, 9, 24, 15)],
    ['42-v1', Date.UTC(2017, 9, 24, 15, 20)],
  ]),
  problems: [],
  read: 4,
  next: '/v2/entries?from=a&to=b&start=2001&size=1000&max=3000',
  maxTimestamp: Date.UTC(2017, 9, 24, 15, 20),
};

/** A page with these images. */
function pageOf(...images: string[]): string {
  return `<queryResult><images count="${images.length}">${images.join('\n')}</images></queryResult>`;
}

function image(id: string, fingerprints = `<md5>${bytesToHex(MD5)}</md5>`): string {
  return `<image><member id="1">M</member><id>${id}</id><fingerprints>${fingerprints}</fingerprints></image>`;
}

describe('A page of NCMEC hash sharing', () => {
  test('gives records, withdrawals, opinions, the next page and the latest time', () => {
    expect(parseNcmecPage(PAGE)).toEqual(EXPECTED);
    expect([...parseNcmecPage(PAGE).updates.keys()]).toEqual([...EXPECTED.updates.keys()]);
  });

  test('is read the same wherever its pieces are cut, also with prefixed names', () => {
    for (let cut = 0; cut <= PAGE.length; ++cut) expect(parseNcmecPage([PAGE.slice(0, cut), PAGE.slice(cut)])).toEqual(EXPECTED);
    expect(parseNcmecPage(PAGE.split(''))).toEqual(EXPECTED);
    const prefixed = PAGE.replaceAll(/<(\/?)(?=[a-z])/gi, '<$1h:').replace('xmlns=', 'xmlns:h=');
    expect(parseNcmecPage(prefixed)).toEqual(EXPECTED);
  });

  test('may be empty', () => {
    const empty = { updates: new Map(), times: new Map(), problems: [], read: 0 };
    expect(parseNcmecPage('<queryResult><images count="0"/><videos count="0"/></queryResult>')).toEqual(empty);
  });

  test('keeps the newest of a key that stands twice', () => {
    const gone = '<deletedImage><member id="1">M</member><id>a</id><timestamp>2020-01-02T00:00:00Z</timestamp></deletedImage>';
    const at = (day: string) => image('a').replace('<fingerprints>', `<timestamp>2020-01-${day}T00:00:00Z</timestamp><fingerprints>`);
    expect(parseNcmecPage(pageOf(gone, at('01'))).updates.get('1-a')).toBeNull();
    expect(parseNcmecPage(pageOf(at('03'), gone)).updates.get('1-a')).toMatchObject({ key: '1-a' });
    expect(parseNcmecPage(pageOf(gone, at('02'))).updates.get('1-a')).toMatchObject({ key: '1-a' });
  });

  test('keeps the last of a key that stands twice, in its later place', () => {
    const again = '<deletedImage><member id="1">M</member><id>a</id></deletedImage>';
    const page = parseNcmecPage(pageOf(image('a'), image('b'), again));
    expect([...page.updates.keys()]).toEqual(['1-b', '1-a']);
    expect(page.updates.get('1-a')).toBeNull();
    expect(page.read).toBe(3);
  });

  test('loses no more than what is malformed, says where, and never repeats it', () => {
    const page = parseNcmecPage(
      pageOf(
        image('a', `<md5>zz${bytesToHex(MD5)}</md5><sha1>${bytesToHex(SHA1)}</sha1>`),
        image('b', '<md5></md5><tmk-pdqf/>'),
        '<image><id>c</id></image>',
        '<image><member id="1">M</member></image>',
        '<gif><member id="1">M</member><id>x</id></gif>',
        image('d').replace('<fingerprints>', '<timestamp>soon</timestamp><feedback><doubt/></feedback><fingerprints>'),
        image('e'),
      ),
    );
    expect([...page.updates.keys()]).toEqual(['1-a', '1-b', '1-d', '1-e']);
    expect(page.updates.get('1-a')?.signals).toEqual([{ type: 'sha1', value: SHA1 }]);
    expect(page.updates.get('1-b')?.signals).toEqual([]);
    expect(page.problems).toEqual([
      { key: '1-a', line: 1, reason: 'md5: neither 32 hex digits nor base64 of 16 bytes', partial: true },
      {
        key: '1-b',
        line: 2,
        reason: 'md5: neither 32 hex digits nor base64 of 16 bytes; other: empty; no signal that can be used',
        partial: true,
      },
      { line: 3, reason: 'a record without the id of its member', partial: false },
      { line: 4, reason: 'a record without an id', partial: false },
      { line: 5, reason: 'an element of this kind is not known here', partial: false },
      { key: '1-d', line: 6, reason: 'a timestamp that is none; feedback of a kind that is not known here', partial: true },
    ]);
    expect(page.read).toBe(7);
    expect(page.fault).toBeUndefined();
  });

  test.each([
    ['cut short', PAGE.slice(0, -20), 'cut short', 4],
    ['cut within a record', PAGE.slice(0, PAGE.indexOf('<video>') + 30), 'cut short', 2],
    ['empty', '', 'cut short', 0],
    ['not well-formed', PAGE.replace('</fingerprints>', '</fingerprint>'), 'not well-formed', 0],
    ['HTML', '<html><body><p>Sign in</p></body></html>', 'does not begin with the element queryResult', 0],
    ['not XML', 'Service unavailable', 'not well-formed', 0],
    ['with a document type', `<!DOCTYPE q [<!ENTITY a "b">]>${pageOf(image('a'))}`, 'document type', 0],
    ['with an entity of its own', pageOf(image('a'), image('&b;')), 'not well-formed', 1],
    ['with an external document type', `<!DOCTYPE q SYSTEM "http://127.0.0.1/x.dtd">${pageOf(image('a'))}`, 'document type', 0],
    ['in another encoding', `<?xml version="1.0" encoding="ISO-8859-1"?>${pageOf(image('a'))}`, 'encoding', 0],
    ['with a zero character', pageOf(image('a'), image('b\0')), 'not well-formed', 1],
    ['nested deeply', pageOf(image('a'), '<x>'.repeat(100_000)), 'in each other', 1],
    ['with a text of 3 million characters', pageOf(image('a'), image('9'.repeat(3_000_000))), 'of more than', 1],
    ['with an attribute of 3 million characters', pageOf(image('a'), `<image a="${'9'.repeat(3_000_000)}"/>`), 'of more than', 1],
    ['with a comment of 3 million characters', pageOf(image('a'), `<!--${'9'.repeat(3_000_000)}-->`), 'of more than', 1],
    ['with a record of 3 million characters', pageOf(image('a'), image('b', '<md5>x</md5>'.repeat(250_000))), 'of more than', 1],
  ])('that is %s is told as not whole; what came before is kept', (_what, page, fault, read) => {
    const pieces = Array.from({ length: Math.ceil(page.length / 65_536) }, (_, i) => page.slice(65_536 * i, 65_536 * (i + 1)));
    const parsed = parseNcmecPage(pieces);
    expect(parsed.fault).toContain(fault);
    expect(parsed.fault).not.toMatch(/[0-9a-f]{16}/);
    expect(parsed.read).toBe(read);
    expect(parsed.updates.size).toBe(read);
  });

  test('with a text of 100 million characters is given up without holding them', () => {
    const reader = new NcmecReader({ update: () => {}, refuse: () => {} });
    reader.push('<queryResult><images><image><id>');
    const piece = '9'.repeat(65_536);
    let pushed = 0;
    for (; pushed < 1e8 && reader.fault === undefined; pushed += piece.length) reader.push(piece);
    expect(reader.fault).toContain('of more than');
    expect(pushed).toBeLessThan(2 * NCMEC_MAX_RECORD_LENGTH);
  });
});

test('A small document is parsed as a tree', () => {
  const parsed = parseXml('<a x="1">t<b/><b>u&lt;</b><![CDATA[<v>]]></a>', 1_000);
  const b = { name: 'b', line: 1, attributes: {}, children: [], text: '' };
  expect(parsed).toEqual({ root: { name: 'a', line: 1, attributes: { x: '1' }, children: [b, { ...b, text: 'u<' }], text: 't<v>' } });
  expect(parseXml('<a>', 1_000)).toEqual({ fault: expect.stringContaining('cut short') });
  expect(parseXml('<a></b>', 1_000)).toEqual({ fault: expect.stringContaining('not well-formed') });
});

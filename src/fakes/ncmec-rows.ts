import { type FakeWorld, FIRST_DAY, LAST_DAY } from './fake.js';
import { fakeHex, fakeNumbers } from './synthetic.js';

/** One version of an entry, in the place in which it is given. */
export interface Row {
  readonly key: string;
  readonly kind: 'image' | 'video';
  /** Seconds since 1970. */
  readonly second: number;
  readonly xml: string;
  /** As `type:hex`; `null`: withdrawn. */
  readonly signals: readonly string[] | null;
  /** Rows are given by this. */
  readonly order: number;
}

/** Every version of every entry, in the order in which they are given. */
export function ncmecRows(world: FakeWorld): Row[] {
  const rows: Row[] = [];
  for (let i = 0; i < world.entries; ++i) {
    const withdraws = i % 10 === 9;
    const subject = withdraws ? i - 5 : i;
    const second = secondOf(world, i);
    rows.push(rowOf(world, subject, withdraws ? 'withdrawn' : 'first', second, second));
    if (withdraws && world.has('delete-before-add')) moveBefore(rows, subject, world);
    // The newer version of every sixth entry comes before the older one, or long after it.
    if (i % 6 === 1 && !withdraws && world.has('duplicates')) {
      const later = second + 3600;
      rows.push(rowOf(world, subject, 'second', later, i % 12 === 1 ? second - 1 : later + 1_000_000));
    }
  }
  const next = fakeNumbers(world.seed, 'ncmec order');
  const placed = world.has('out-of-order') ? rows.map((row) => ({ ...row, order: next() })) : rows;
  return placed.sort((a, b) => a.order - b.order);
}

function secondOf(world: FakeWorld, i: number): number {
  const crowded = world.has('same-second') && i * 3 >= world.entries && i * 3 < 2 * world.entries;
  const at = crowded ? world.entries / 3 : i;
  return Math.floor((FIRST_DAY + ((LAST_DAY - FIRST_DAY) * at) / world.entries) / 1000);
}

/** Gives the last row, a withdrawal, the place before the entry that it withdraws. */
function moveBefore(rows: Row[], subject: number, world: FakeWorld): void {
  const withdrawal = rows.pop() as Row;
  rows.push({ ...withdrawal, order: secondOf(world, subject) - 0.5 });
}

type Version = 'first' | 'second' | 'withdrawn';

function rowOf(world: FakeWorld, subject: number, version: Version, second: number, order: number): Row {
  const kind = subject % 4 === 3 ? 'video' : 'image';
  const member = [42, 43, 101][subject % 3] as number;
  const id = `${kind}${subject}`;
  const time = new Date(1000 * second).toISOString().replace('.000', '');
  const head = `<member id="${member}">Example Member ${member} &amp; Co</member><timestamp>${time}</timestamp><id>${id}</id>`;
  const row = { key: `${member}-${id}`, kind, second, order } as const;
  if (version === 'withdrawn') {
    const name = kind === 'video' ? 'deletedVideo' : 'deletedImage';
    return { ...row, xml: `<${name}>${head}</${name}>`, signals: null };
  }
  const prints = fingerprintsOf(world, subject, kind, version);
  const classification = `<classification>${version === 'first' ? 'A1' : 'B2'}</classification>`;
  const fingerprints = `<fingerprints>${prints.map(({ xml }) => xml).join('')}</fingerprints>`;
  return {
    ...row,
    xml: `<${kind}>${head}${classification}${fingerprints}${feedbackOf(world, subject)}</${kind}>`,
    signals: prints.map(({ signal }) => signal),
  };
}

function fingerprintsOf(world: FakeWorld, subject: number, kind: 'image' | 'video', version: Version): { xml: string; signal: string }[] {
  const prints: { xml: string; signal: string }[] = [];
  const add = (name: string, type: string, bytes: number): void => {
    const hex = fakeHex(bytes, world.seed, `ncmec ${name} ${subject} ${name === 'md5' ? '' : version}`);
    // PhotoDNA is written as base64, and digests in either case.
    const text = name === 'pdna' ? Buffer.from(hex, 'hex').toString('base64') : subject % 2 ? hex.toUpperCase() : hex;
    prints.push({ xml: `<${name}>${text}</${name}>`, signal: `${type}:${type === 'other' ? Buffer.from(text).toString('hex') : hex}` });
  };
  add('md5', kind === 'video' ? 'video-md5' : 'md5', 16);
  add('sha1', 'sha1', 20);
  if (kind === 'image') {
    add('pdna', 'photodna', 144);
    add('pdq', 'pdq', 32);
  }
  if (world.has('unknown-fingerprints') && subject % 5 === 0) add('newest-hash', 'other', 24);
  if (world.has('large-fingerprints') && kind === 'video')
    for (const name of ['tmk-pdqf', 'videntifier']) {
      const type = name.toUpperCase().replace('-', '_');
      prints.push({
        xml: `<${name} rel="self" href="/v2/entries/${subject}/fingerprints/${type}"/>`,
        signal: `other:${Buffer.from(large(String(subject), type)).toString('hex')}`,
      });
    }
  return prints;
}

/** What stands at the `href` of a large fingerprint. */
export function large(subject: string, type: string): string {
  return `${type} ${fakeHex(64, 0, `${type} ${subject}`)}`;
}

function feedbackOf(world: FakeWorld, subject: number): string {
  if (world.has('odd-feedback') && subject % 3 === 0) return '<feedback/>';
  const odd = world.has('odd-feedback') && subject % 3 === 1 ? '<hesitantFeedback type="pDq"/>' : '';
  if (subject % 4 !== 0 && odd === '') return '';
  const members = (id: number): string =>
    `<members timestamp="2025-06-01T12:48:14Z"><member id="${id}">Example Member ${id}</member></members>`;
  const reason = '<reason guid="01234567-abcd-0123-4567-012345678900" name="Example Reason 1" type="Sha1"/>';
  const when = 'lastUpdateTimestamp="2025-06-01T12:48:14Z"';
  const affirmative = `<affirmativeFeedback type="Md5" ${when}>${members(43)}</affirmativeFeedback>`;
  const negative = `<negativeFeedback type="Sha1" ${when}><reasons>${reason}${members(101)}</reasons></negativeFeedback>`;
  return `<feedback ${when}>${affirmative}${negative}${odd}</feedback>`;
}

import type { Exchange } from '../../src/bank/exchange.js';
import type { BankRecord, RecordBatch } from '../../src/bank/record.js';
import { batch, record, signal, valueFor } from './fixtures.js';

/** Lists that two writers synchronise: one each, and one that both do. */
export const LISTS = ['a', 'b', 'both'] as const;
export type ListName = (typeof LISTS)[number];

/** A picture that the lists tell of now and then, and that is scanned. */
export interface KnownPicture {
  readonly path: string;
  /** Hex. */
  readonly md5: string;
}

const STEPS_OF_A_SYNC = 3;
const FILLERS = 60;
/** Steps after which a filler is withdrawn. */
const LIFE = 6;

/** Whether a list carries a picture after so many steps: the first always, the second never, the others for two steps at a time. */
export function carries(list: ListName, picture: number, steps: number): boolean {
  if (picture < 2) return picture === 0;
  return (Math.imul(picture + 7 * LISTS.indexOf(list), 0x9e3779b1) + Math.imul(steps >> 1, 0x85ebca6b)) >>> 31 === 1;
}

/** The digest that a list carries after so many steps, and neither before nor later. */
export function markerOf(list: ListName, steps: number): Uint8Array {
  return valueFor('md5', 1_000_000 * (1 + LISTS.indexOf(list)) + steps);
}

/** A source that has always more to tell: each sync hears of three steps. */
export class EndlessSource implements Exchange {
  readonly kind = 'fake';
  readonly host = 'example.org';
  readonly #list: ListName;
  readonly #pictures: readonly KnownPicture[];

  constructor(list: ListName, pictures: readonly KnownPicture[]) {
    this.#list = list;
    this.#pictures = pictures;
  }

  async *fetch(checkpoint: { steps?: number } | undefined): AsyncGenerator<RecordBatch> {
    const told = checkpoint?.steps ?? 0;
    for (let steps = told; steps < told + STEPS_OF_A_SYNC; ++steps) yield batch(this.#changes(steps), { checkpoint: { steps: steps + 1 } });
  }

  isStale(): boolean {
    return false;
  }

  #changes(steps: number): (BankRecord | string)[] {
    const before = heldAfter(this.#list, this.#pictures, steps);
    const after = heldAfter(this.#list, this.#pictures, steps + 1);
    return [...[...before.keys()].filter((key) => !after.has(key)), ...[...after.values()].filter(({ key }) => !before.has(key))];
  }
}

/** What a list holds after so many steps. */
export function heldAfter(list: ListName, pictures: readonly KnownPicture[], steps: number): Map<string, BankRecord> {
  if (steps === 0) return new Map();
  const held = [record(`marker ${steps}`, { type: 'md5', value: markerOf(list, steps) })];
  for (const [i, { md5 }] of pictures.entries())
    if (carries(list, i, steps)) held.push(record(`picture ${i}`, { type: 'md5', value: new Uint8Array(Buffer.from(md5, 'hex')) }));
  for (let step = Math.max(0, steps - LIFE); step < steps; ++step)
    for (let i = 0; i < FILLERS; ++i) {
      const number = step * FILLERS + i;
      held.push(record(`filler ${number}`, signal('pdq', number), signal('sha1', number)));
    }
  return new Map(held.map((one) => [one.key, one]));
}

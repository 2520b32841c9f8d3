import { damaged, type ReadBytes } from './snapshot-format.js';

/** Bytes of a run: its first id and the number of the entry that has it, 8 each. */
const RUN_BYTES = 16;

/** Writes which ids a bank has for the entries of a list, as runs of ids that follow each other: a list that was imported at once is one. */
export class IdRunsWriter {
  readonly #runs: [id: number, number: number][] = [];
  #count = 0;
  #last = Number.NaN;

  /** @param id More than any before. */
  add(id: number): void {
    if (id !== this.#last + 1) this.#runs.push([id, this.#count]);
    this.#last = id;
    ++this.#count;
  }

  *chunks(): Generator<Uint8Array> {
    const bytes = new Uint8Array(RUN_BYTES * this.#runs.length);
    const view = new DataView(bytes.buffer);
    for (const [i, [id, number]] of this.#runs.entries()) {
      view.setBigUint64(RUN_BYTES * i, BigInt(id), true);
      view.setBigUint64(RUN_BYTES * i + 8, BigInt(number), true);
    }
    yield bytes;
  }
}

/** Which entry of a list has an id of its bank, read where it lies. */
export class IdRuns {
  readonly #entries: number;
  readonly #count: number;
  readonly #read: ReadBytes;

  /** @param length Bytes of the runs. */
  constructor(entries: number, length: number, read: ReadBytes) {
    if (length % RUN_BYTES !== 0) throw damaged('has a damaged table of ids');
    this.#entries = entries;
    this.#count = length / RUN_BYTES;
    this.#read = read;
  }

  /** The number of the entry; `undefined` if no entry of the list has this id. */
  numberOf(id: number): number | undefined {
    let [low, high] = [0, this.#count];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#run(middle).id <= id) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return undefined;
    const run = this.#run(low - 1);
    const number = run.number + (id - run.id);
    return number < (low < this.#count ? this.#run(low).number : this.#entries) ? number : undefined;
  }

  #run(i: number): { readonly id: number; readonly number: number } {
    const bytes = this.#read(RUN_BYTES * i, RUN_BYTES);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    return { id: Number(view.getBigUint64(0, true)), number: Number(view.getBigUint64(8, true)) };
  }
}

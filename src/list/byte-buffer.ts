/** Bytes that grow at the end: twice the room whenever it is used up. */
export class ByteBuffer {
  /** Bytes in use. Setting it lower drops the rest. */
  length = 0;
  #bytes: Uint8Array;

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity);
  }

  push(part: Uint8Array): void {
    this.#makeRoom(part.length);
    this.#bytes.set(part, this.length);
    this.length += part.length;
  }

  /** Makes room for `count` more bytes and returns it: a view that is valid until the next call. */
  reserve(count: number): Uint8Array {
    this.#makeRoom(count);
    return this.#bytes.subarray(this.length, this.length + count);
  }

  #makeRoom(count: number): void {
    if (this.length + count <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.length + count));
    larger.set(this.bytes());
    this.#bytes = larger;
  }

  /** The bytes in use: a view that is valid until the next call. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  /** A view of some of the bytes in use, valid until the next call. */
  view(start: number, end: number): Uint8Array {
    return this.#bytes.subarray(start, end);
  }
}

/** Whole numbers from 0 to 2^32 - 1 that grow at the end. */
export class NumberBuffer {
  /** Numbers in use. */
  length = 0;
  #numbers = new Uint32Array(256);

  push(value: number): void {
    if (this.length === this.#numbers.length) {
      const larger = new Uint32Array(2 * this.#numbers.length);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers[this.length++] = value;
  }

  /** Number at `index`. */
  at(index: number): number {
    return this.#numbers[index] as number;
  }

  /** A copy of exactly the numbers in use. */
  toArray(): Uint32Array {
    return this.#numbers.slice(0, this.length);
  }
}

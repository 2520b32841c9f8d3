import { describe, expect, test, vi } from 'vitest';
import { type Input, readAll } from '../../src/input.js';

const MAX_BYTES = 1_000_000;
const read = (input: Input, signal?: AbortSignal) => readAll(input, MAX_BYTES, undefined, signal);

/** A stream that gives one chunk and then waits for ever. */
function stalled(onCancel?: () => void): ReadableStream<Uint8Array> {
  let given = false;
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (given) return new Promise(() => undefined);
        given = true;
        controller.enqueue(Uint8Array.of(1, 2, 3));
      },
      cancel: () => onCancel?.(),
    },
    { highWaterMark: 0 },
  );
}

async function* endless(step: () => Promise<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (;;) yield await step();
}

describe('reading an input', () => {
  test.each<[string, (bytes: Uint8Array<ArrayBuffer>) => Input]>([
    ['a Uint8Array', (bytes) => bytes],
    ['a Buffer', (bytes) => Buffer.from(bytes.buffer)],
    ['an ArrayBuffer', (bytes) => bytes.buffer],
  ])('takes its own copy of %s at once: the caller may transfer it', async (_, as) => {
    const bytes = Uint8Array.of(1, 2, 3);
    const reading = read(as(bytes));
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    expect([...(await reading)]).toEqual([1, 2, 3]);
  });

  test('ends with the signal when a stream gives nothing more, and cancels the stream', async () => {
    let cancelled = false;
    const stop = AbortSignal.timeout(20);
    await expect(
      read(
        stalled(() => void (cancelled = true)),
        stop,
      ),
    ).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(cancelled).toBe(true);
  });

  test('ends with the signal when a generator gives nothing more', async () => {
    const stop = AbortSignal.timeout(20);
    await expect(
      read(
        endless(() => new Promise(() => undefined)),
        stop,
      ),
    ).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  test('ends with the signal when chunks trickle in', async () => {
    const stop = AbortSignal.timeout(20);
    const trickle = endless(() => new Promise((resolve) => setTimeout(() => resolve(Uint8Array.of(1)), 1)));
    await expect(read(trickle, stop)).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  test('leaves no listener on the signal', async () => {
    const { signal } = new AbortController();
    const [added, removed] = [vi.spyOn(signal, 'addEventListener'), vi.spyOn(signal, 'removeEventListener')];
    await read(new Blob([new Uint8Array(100_000)]), signal);
    expect(added).toHaveBeenCalled();
    expect(removed.mock.calls).toEqual(added.mock.calls);
  });

  test('closes a stream that has too many bytes', async () => {
    let closed = false;
    async function* flood() {
      try {
        for (;;) yield new Uint8Array(300_000);
      } finally {
        closed = true;
      }
    }
    await expect(read(flood())).rejects.toMatchObject({ code: 'TOO_MANY_BYTES' });
    expect(closed).toBe(true);
  });

  test('does not keep the large buffers that small chunks may be views of', async () => {
    let most = 0;
    async function* views() {
      for (let i = 0; i < 10_000; ++i) {
        yield new Uint8Array(65_536).subarray(0, 1); // 655 MB if they were kept
        if (i % 100 === 0) await new Promise((resolve) => setTimeout(resolve));
        most = Math.max(most, process.memoryUsage().arrayBuffers);
      }
    }
    expect((await read(views())).byteLength).toBe(10_000);
    expect(most).toBeLessThan(400e6);
  });

  test('lets the maker of a stream use the buffer of a chunk again', async () => {
    async function* reusing() {
      const buffer = new Uint8Array(2);
      for (let i = 0; i < 3; ++i) yield buffer.fill(i);
      buffer.fill(9);
    }
    expect([...(await read(reusing()))]).toEqual([0, 0, 1, 1, 2, 2]);
  });

  test('passes on what a stream throws, and what is no chunk', async () => {
    const broken = new Error('connection reset');
    const failing = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(broken) });
    await expect(read(failing)).rejects.toBe(broken);
    const texts = new ReadableStream<unknown>({ start: (controller) => controller.enqueue('text') }) as ReadableStream<Uint8Array>;
    await expect(read(texts)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  test('a chunk that was transferred away is not taken for no bytes', async () => {
    const chunk = new Uint8Array(10);
    structuredClone(chunk.buffer, { transfer: [chunk.buffer] });
    async function* gone() {
      yield chunk;
    }
    await expect(read(gone())).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});

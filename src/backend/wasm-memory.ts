import type { Placed } from '../backend.js';
import { EgideError } from '../errors.js';

/** What the WebAssembly module exports for its memory. Pointers are 32-bit numbers. */
export interface MemoryCore {
  readonly memory: WebAssembly.Memory;
  allocate(bytes: number): number;
  release(pointer: number): void;
}

/** What native/wasm/runtime.cpp exports: what is to be done around every call. */
interface Undoing {
  readonly __stack_pointer: WebAssembly.Global<'i32'>;
  call_begin(): void;
  call_undo(): number;
}

/**
 * The functions of a module, of which a call that does not return leaves nothing behind: neither memory that the core took for itself
 * nor its stack. One for which there is no memory throws `OUT_OF_MEMORY`, and the module is as good as before.
 */
export function undone<Core extends MemoryCore>(exports: WebAssembly.Exports): Core {
  const core = exports as unknown as MemoryCore & Undoing;
  const guarded = Object.entries(exports).map(([name, value]) => [
    name,
    typeof value === 'function' ? undoing(core, value as Call) : value,
  ]);
  return Object.fromEntries(guarded) as Core;
}

type Call = (...numbers: number[]) => number;

function undoing(core: MemoryCore & Undoing, call: Call): Call {
  return (...numbers) => {
    const stack = core.__stack_pointer.value;
    core.call_begin();
    try {
      return call(...numbers);
    } catch (cause) {
      core.__stack_pointer.value = stack;
      const wanted = core.call_undo() >>> 0;
      throw wanted === 0 ? cause : outOfMemory(core, wanted, { cause });
    }
  };
}

function outOfMemory(core: MemoryCore, bytes: number, options?: ErrorOptions): EgideError {
  const held = core.memory.buffer.byteLength;
  return new EgideError('OUT_OF_MEMORY', `WebAssembly could not get ${bytes} bytes more (it has ${held})`, options);
}

/** A piece of `bytes`, cache-line aligned, with whatever was there before. `released` is called once. Throws `OUT_OF_MEMORY`. */
export function allocate(core: MemoryCore, bytes: number, released?: () => void): Memory {
  const pointer = bytes < 2 ** 32 ? core.allocate(bytes) >>> 0 : 0;
  if (pointer === 0) throw outOfMemory(core, bytes);
  return new Memory(core, pointer, bytes, released);
}

/** A piece that holds these bytes. Throws `OUT_OF_MEMORY`. */
export function copied(core: MemoryCore, bytes: Uint8Array): Memory {
  const memory = allocate(core, bytes.byteLength);
  memory.view().set(bytes);
  return memory;
}

/** A piece of WebAssembly memory. Views are made afresh on each use: growing the memory detaches old ones. */
export class Memory implements Placed {
  pointer: number;
  readonly byteLength: number;
  readonly #core: MemoryCore;
  readonly #released: (() => void) | undefined;
  readonly #parts: Memory[] = [];

  constructor(core: MemoryCore, pointer: number, byteLength: number, released?: () => void) {
    this.#core = core;
    this.#released = released;
    this.pointer = pointer;
    this.byteLength = byteLength;
  }

  view(): Uint8Array {
    return new Uint8Array(this.#core.memory.buffer, this.pointer, this.byteLength);
  }

  /** The same as 32-bit numbers. */
  numbers(): Uint32Array {
    return new Uint32Array(this.#core.memory.buffer, this.pointer, this.byteLength / 4);
  }

  /** A part of the piece, which is gone when the piece is. */
  part(offset: number, byteLength: number): Memory {
    const part = new MemoryPart(this.#core, this.pointer + offset, byteLength);
    this.#parts.push(part);
    return part;
  }

  [Symbol.dispose](): void {
    if (this.pointer === 0) return;
    for (const part of this.#parts) part.pointer = 0;
    this.#core.release(this.pointer);
    this.pointer = 0;
    this.#released?.();
  }
}

/** A part of a piece, that is released with it. */
class MemoryPart extends Memory {
  override [Symbol.dispose](): void {
    this.pointer = 0;
  }
}

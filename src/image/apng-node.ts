import { EgideError } from '../errors.js';
import { nextTurn } from '../input.js';
import { chunkType, contentOf, PNG_SIGNATURE, pngChunk, pngChunks } from './png-node.js';

const [AC_TL, FC_TL, FD_AT, IDAT, PLTE, TRNS] = ['acTL', 'fcTL', 'fdAT', 'IDAT', 'PLTE', 'tRNS'].map(chunkType);

/**
 * Animated PNG (PNG specification, third edition, 11.3.6). libvips reads the picture that programs without animation show, and no other
 * frame; each of the others is made into a PNG of its own here, for the same decoder, and laid on the canvas.
 */
export interface Apng {
  /** Frames in the order in which they are shown, as many as were asked for. */
  readonly frames: readonly ApngFrame[];
  /** Whether the picture of programs without animation stands outside of the animation. */
  readonly still: boolean;
  /** Frames of the file, the still one included. */
  readonly frameCount: number;
  /** The chunks of palette and transparent colours, which every frame needs; no other chunk is looked at again. */
  readonly colours: readonly Buffer[];
}

/** One frame: where it lies on the canvas, what happens before and after, and where its pixels are. */
export interface ApngFrame {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly top: number;
  /** 0 leave as it is, 1 clear, 2 put back what was there. */
  readonly dispose: number;
  /** 0 replace, 1 lay over. */
  readonly blend: number;
  /** Where the chunk after its `fcTL` begins. */
  readonly start: number;
}

/**
 * Finds the first `maxFrames` frames of an animated PNG and counts them all; `undefined` if it is none.
 *
 * @throws {EgideError} `CORRUPT_IMAGE` if a chunk is cut off, out of order, or a frame reaches beyond the canvas.
 */
export function readApng(png: Buffer, maxFrames: number): Apng | undefined {
  const frames: ApngFrame[] = [];
  const colours = new Map<number, Buffer>();
  let [animated, still, count, sequence] = [false, false, 0, 0];
  for (const chunk of pngChunks(png)) {
    const { type } = chunk;
    if (type === AC_TL) animated = true;
    if (type === IDAT && !animated) return undefined; // 11.3.6.1: `acTL` comes first, or there is no animation
    if (type === IDAT && count === 0) still = true;
    if (type === PLTE || type === TRNS) colours.set(type, png.subarray(chunk.start, chunk.end)); // 5.6: both stand before any `IDAT`
    if (type !== FC_TL && type !== FD_AT) continue;
    if (chunk.end - chunk.start < 16 || png.readUInt32BE(chunk.start + 8) !== sequence++) throw damaged('are out of order');
    if (type === FC_TL && count++ < maxFrames) frames.push(frameOf(png, contentOf(png, chunk), chunk.end));
  }
  return { frames, still, frameCount: count + (still ? 1 : 0), colours: [...colours.values()] };
}

function frameOf(png: Buffer, control: Buffer, start: number): ApngFrame {
  if (control.length !== 26) throw damaged('have a control chunk of the wrong length');
  const [width, height, left, top] = [4, 8, 12, 16].map((at) => control.readUInt32BE(at)) as [number, number, number, number];
  // `IHDR` is the first chunk, with the canvas' sides at bytes 16 and 20.
  if (width === 0 || height === 0 || left + width > png.readUInt32BE(16) || top + height > png.readUInt32BE(20))
    throw damaged('reach beyond the canvas');
  return { width, height, left, top, dispose: control[24] as number, blend: control[25] as number, start };
}

/**
 * One frame as a PNG of its own: the frame's size; the file's depth, type, palette and transparent colours.
 *
 * @throws {EgideError} `CORRUPT_IMAGE` if the file ends within a chunk.
 */
export function framePng(png: Buffer, { colours }: Apng, { width, height, start }: ApngFrame): Buffer {
  const header = Buffer.from(png.subarray(16, 29));
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  const end = pngChunk('IEND', Buffer.alloc(0));
  return Buffer.concat([PNG_SIGNATURE, pngChunk('IHDR', header), ...colours, pngChunk('IDAT', compressedRows(png, start)), end]);
}

/** The compressed rows of one frame, gathered from its chunks in two passes: their sum first. */
function compressedRows(png: Buffer, start: number): Buffer {
  let total = 0;
  for (const piece of pieces(png, start)) total += piece.length;
  const rows = Buffer.alloc(total);
  let at = 0;
  for (const piece of pieces(png, start)) at += piece.copy(rows, at);
  return rows;
}

function* pieces(png: Buffer, start: number): Generator<Buffer> {
  for (const chunk of pngChunks(png, start)) {
    if (chunk.type === FC_TL) return;
    if (chunk.type === IDAT) yield contentOf(png, chunk);
    if (chunk.type === FD_AT) yield contentOf(png, chunk).subarray(4); // after its sequence number
  }
}

/** Pixels that are laid between two turns of the event loop: some 30 ms (measured with Node 20 on x86-64). */
const PIXELS_PER_TURN = 1_000_000;

/** An RGBA canvas on which the frames of one animation are laid, one after the other. */
export class ApngCanvas {
  readonly #width: number;
  #shown: Uint8Array;
  #frame: ApngFrame | undefined;
  #covered: Uint8Array | undefined;

  /** Begins transparent. */
  constructor(width: number, height: number) {
    this.#width = width;
    this.#shown = new Uint8Array(4 * width * height);
  }

  /** Disposes of the frame before, lays this one (RGBA or RGB of its size) and gives a copy of what is seen. Throws the signal's reason. */
  async show(frame: ApngFrame, pixels: Uint8Array, channels: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
    this.#disposeOfLast();
    const first = this.#frame === undefined;
    this.#frame = frame;
    // 11.3.6.2: the first frame has nothing to go back to, so it is cleared.
    this.#covered = frame.dispose === 2 && !first ? this.#shown.slice() : undefined;
    const rowsPerTurn = Math.ceil(PIXELS_PER_TURN / frame.width);
    for (let y = 0; y < frame.height; ++y) {
      if (y > 0 && y % rowsPerTurn === 0) await nextTurn(signal);
      let to = 4 * ((frame.top + y) * this.#width + frame.left);
      let from = channels * y * frame.width;
      for (let x = 0; x < frame.width; ++x, to += 4, from += channels)
        lay(this.#shown, to, pixels, from, channels === 4 ? (pixels[from + 3] as number) : 255, frame.blend === 1);
    }
    return this.#shown.slice();
  }

  #disposeOfLast(): void {
    const last = this.#frame;
    if (!last || last.dispose === 0) return;
    if (this.#covered) this.#shown = this.#covered;
    else
      for (let y = last.top; y < last.top + last.height; ++y) {
        const start = 4 * (y * this.#width + last.left);
        this.#shown.fill(0, start, start + 4 * last.width);
      }
  }
}

/** One pixel; `over` by the integer arithmetic of the specification's "alpha compositing" (13.16) on samples that are not premultiplied. */
function lay(canvas: Uint8Array, to: number, pixels: Uint8Array, from: number, alpha: number, over: boolean): void {
  const below = canvas[to + 3] as number;
  if (over && alpha === 0) return;
  const mixed = over && alpha < 255 && below > 0;
  const [u, v] = mixed ? [alpha * 255, (255 - alpha) * below] : [1, 0];
  for (let c = 0; c < 3; ++c) canvas[to + c] = ((pixels[from + c] as number) * u + (canvas[to + c] as number) * v) / (u + v);
  canvas[to + 3] = mixed ? (u + v) / 255 : alpha;
}

function damaged(how: string): EgideError {
  return new EgideError('CORRUPT_IMAGE', `input: the frames of this animated PNG ${how}: send the whole file`);
}

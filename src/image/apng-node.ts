import { EgideError } from '../errors.js';
import { PNG_SIGNATURE, pngChunk, pngChunks } from './png-node.js';

/**
 * Animated PNG (PNG specification, third edition, 11.3.6). libvips reads the picture that programs without animation show, and no other
 * frame; each of the others is made into a PNG of its own here, for the same decoder, and laid on the canvas.
 */
export interface Apng {
  /** Frames in the order in which they are shown. */
  readonly frames: readonly ApngFrame[];
  /** Whether the picture of programs without animation stands outside of the animation. */
  readonly still: boolean;
}

/** One frame: where it lies on the canvas, what happens before and after, and its pixels as a PNG. */
export interface ApngFrame {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly top: number;
  /** 0 leave as it is, 1 clear, 2 put back what was there. */
  readonly dispose: number;
  /** 0 replace, 1 lay over. */
  readonly blend: number;
  readonly png: () => Buffer;
}

/** Frames that {@link Apng} has to show: the still one is shown too. */
export function frameCountOf({ frames, still }: Apng): number {
  return frames.length + (still ? 1 : 0);
}

/**
 * Finds the frames of an animated PNG; `undefined` if it is none.
 *
 * @throws {EgideError} `CORRUPT_IMAGE` if a chunk is cut off, out of order, or a frame reaches beyond the canvas.
 */
export function readApng(png: Buffer): Apng | undefined {
  const shared: Buffer[] = [];
  const found: { control: Buffer; pieces: Buffer[] }[] = [];
  let header: Buffer | undefined;
  let animated = false;
  let still = false;
  let sequence = 0;
  const inSequence = (content: Buffer): Buffer => {
    if (content.length < 4 || content.readUInt32BE(0) !== sequence++) throw damaged('are out of order');
    return content.subarray(4);
  };
  for (const { type, content, whole } of pngChunks(png)) {
    if (type === 'IHDR') header = content;
    else if (type === 'acTL') animated = true;
    else if (type === 'IDAT' && !animated)
      return undefined; // 11.3.6.1: `acTL` comes first, or there is no animation
    else if (type === 'PLTE' || type === 'tRNS') shared.push(whole);
    else if (type === 'fcTL') found.push({ control: inSequence(content), pieces: [] });
    else if (type === 'fdAT') found.at(-1)?.pieces.push(inSequence(content));
    else if (type === 'IDAT' && found.length === 0) still = true;
    else if (type === 'IDAT') found[0]?.pieces.push(content);
  }
  if (header?.length !== 13) throw damaged('have no canvas');
  const canvas = header;
  return { still, frames: found.map(({ control, pieces }) => frameOf(canvas, shared, control, pieces)) };
}

function frameOf(header: Buffer, shared: readonly Buffer[], control: Buffer, pieces: readonly Buffer[]): ApngFrame {
  if (control.length !== 22) throw damaged('have a control chunk of the wrong length');
  const [width, height, left, top] = [0, 4, 8, 12].map((at) => control.readUInt32BE(at)) as [number, number, number, number];
  if (width === 0 || height === 0 || left + width > header.readUInt32BE(0) || top + height > header.readUInt32BE(4))
    throw damaged('reach beyond the canvas');
  const png = (): Buffer => {
    const own = Buffer.concat([control.subarray(0, 8), header.subarray(8)]); // the frame's size, the file's depth and type
    const end = pngChunk('IEND', Buffer.alloc(0));
    return Buffer.concat([PNG_SIGNATURE, pngChunk('IHDR', own), ...shared, pngChunk('IDAT', Buffer.concat(pieces)), end]);
  };
  return { width, height, left, top, dispose: control[20] as number, blend: control[21] as number, png };
}

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

  /** Disposes of the frame before, lays this one (RGBA or RGB of its size) and gives a copy of what is seen. */
  show(frame: ApngFrame, pixels: Uint8Array, channels: number): Uint8Array {
    this.#disposeOfLast();
    const first = this.#frame === undefined;
    this.#frame = frame;
    // 11.3.6.2: the first frame has nothing to go back to, so it is cleared.
    this.#covered = frame.dispose === 2 && !first ? this.#shown.slice() : undefined;
    for (let y = 0; y < frame.height; ++y) {
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

import type { Image } from './image.js';

/** Bounds that hold before any pixel is decoded. Each is an option; docs/images.md names where each default comes from. */
export interface DecodeLimits {
  /** Bytes of the file. Default 100,000,000: the cap that Hasher-Matcher-Actioner puts on remote media. */
  readonly maxBytes?: number;
  /** Width x height of one frame. Default 89,478,485: Pillow's `MAX_IMAGE_PIXELS`, which the hashers of lists live under. */
  readonly maxPixels?: number;
  /** Frames of an animation that are decoded; the rest are reported, not read. Default 64 (our own choice). */
  readonly maxFrames?: number;
  /**
   * Sum of the pixels of all frames that are decoded; the first frame always is, the rest are reported, not read. Default 715,827,880:
   * eight of the largest stills, or 64 frames of 4K (our own choice).
   */
  readonly maxTotalPixels?: number;
  /** Milliseconds for one frame. Default 10,000 (our own choice: some 100 times a 12-megapixel JPEG). */
  readonly timeoutMs?: number;
}

/** Limits, the profile, and a way to stop. */
export interface DecodeOptions extends DecodeLimits {
  /** `default`: what a person sees, alpha kept apart; `pytx`: what python-threatexchange feeds its hasher (docs/images.md). */
  readonly profile?: 'default' | 'pytx';
  readonly signal?: AbortSignal;
}

/** The options with every default filled in. */
export type ResolvedDecodeOptions = Required<DecodeLimits> & {
  readonly profile: 'default' | 'pytx';
  readonly signal: AbortSignal | undefined;
};

/**
 * The one interface to decoding. A faster decoder may stand in for another where its pixels are byte-identical.
 * Both calls throw `UNSUPPORTED_FORMAT`, `CORRUPT_IMAGE`, `TOO_MANY_PIXELS`, `DECODE_TIMEOUT`.
 */
export interface Decoder {
  readonly name: string;
  /** The first (or only) frame. */
  decode(bytes: Uint8Array, options: ResolvedDecodeOptions): Promise<Image>;
  /** Every frame up to `maxFrames` and `maxTotalPixels`, in order. `image.frameCount` tells how many the file has. */
  frames(bytes: Uint8Array, options: ResolvedDecodeOptions): AsyncIterable<Image>;
}

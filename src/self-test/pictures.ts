/**
 * Pictures made from integer formulas (docs/pdq.md, "Vectors"): the same in C++ (test/native/pictures.hpp) and here.
 * They need no decoder, so the self-test can make them anywhere.
 * 8-bit RGB, interleaved, row-major.
 */
export type Pattern = 'noise' | 'blocks' | 'waves' | 'ramp' | 'disc' | 'stripes' | 'checks' | 'flat';

function xorshift(s: number): number {
  s ^= s << 13;
  s ^= s >>> 17;
  return (s ^ (s << 5)) >>> 0;
}

function triangle(t: number, period: number): number {
  const m = t % (2 * period);
  const d = m < period ? m : 2 * period - m;
  return Math.floor((d * 255) / period);
}

type Colour = (x: number, y: number) => [number, number, number];

/** Three successive random bytes; the state carries on from pixel to pixel. */
function noise(seed: number): Colour {
  let s = seed;
  const next = () => (s = xorshift(s)) >>> 24;
  return () => [next(), next(), next()];
}

function blocks(seed: number, width: number, height: number): Colour {
  const blockWidth = Math.max(Math.floor(width / 8), 1);
  const blockHeight = Math.max(Math.floor(height / 8), 1);
  return (x, y) => {
    const hash = Math.imul(Math.floor(x / blockWidth), 2654435761) + Math.imul(Math.floor(y / blockHeight), 2246822519);
    return noise(((seed + hash) | 1) >>> 0)(x, y);
  };
}

function ramp(width: number, height: number): Colour {
  return (x, y) => {
    const r = width > 1 ? Math.floor((x * 255) / (width - 1)) : 0;
    const g = height > 1 ? Math.floor((y * 255) / (height - 1)) : 0;
    return [r, g, (r + g) >> 1];
  };
}

function disc(width: number, height: number): Colour {
  const side = Math.min(width, height);
  return (x, y) => {
    const dx = 2 * x - width;
    const dy = 2 * y - height;
    const inside = dx * dx + dy * dy < Math.floor((side * side) / 2);
    return [inside ? 230 : 20, inside ? triangle(x, 40) : triangle(y, 25), inside ? 60 : 180];
  };
}

function grey(value: number): [number, number, number] {
  return [value, value, value];
}

function colourOf(pattern: Pattern, seed: number, width: number, height: number): Colour {
  switch (pattern) {
    case 'noise':
      return noise(seed);
    case 'blocks':
      return blocks(seed, width, height);
    case 'waves':
      return (x, y) => [
        triangle(3 * x + 2 * y + seed, 97),
        triangle(Math.floor((x * x) / 50) + y, 61),
        triangle(x + Math.floor((y * y) / 80), 131),
      ];
    case 'ramp':
      return ramp(width, height);
    case 'disc':
      return disc(width, height);
    case 'stripes':
      return (x) => grey(255 * (x % 2));
    case 'checks':
      return (x, y) => grey(255 * ((x + y) % 2));
    case 'flat':
      return () => grey(128);
  }
}

/** RGB pixels of one picture. */
export function picture(pattern: Pattern, seed: number, width: number, height: number): Uint8Array {
  const pixels = new Uint8Array(width * height * 3);
  const colour = colourOf(pattern, seed, width, height);
  for (let y = 0, i = 0; y < height; ++y)
    for (let x = 0; x < width; ++x) {
      const rgb = colour(x, y);
      pixels[i++] = rgb[0]; // not by `set` or destructuring, whose iterators are slow before they are optimised
      pixels[i++] = rgb[1];
      pixels[i++] = rgb[2];
    }
  return pixels;
}

/** The checksum that the vectors carry. */
export function checksum(pixels: Uint8Array): number {
  let sum = 0;
  for (const byte of pixels) sum = (Math.imul(sum, 31) + byte) >>> 0;
  return sum;
}

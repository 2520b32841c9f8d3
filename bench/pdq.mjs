// PDQ through Node: the addon and the WebAssembly core against the scalar twin compiled natively with plain -O2, turn by turn in one run.
// Usage: node bench/pdq.mjs PATH-OF-PDQ_BENCH
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { createNativeBackend } from '../dist/backend/native.js';
import { createWasmBackend } from '../dist/backend/wasm.js';
import { picture } from '../dist/self-test/pictures.js';
import { hand, interleave, require } from './measure.mjs';

const native = createNativeBackend();
const wasm = createWasmBackend(new WebAssembly.Module(readFileSync(new URL('../dist/core.wasm', import.meta.url))));

const SCENES = [
  { scene: '512x512 RGB', width: 512, height: 512, channels: 3 },
  { scene: '512x512 grey', width: 512, height: 512, channels: 1 },
  { scene: '1024x768 RGB', width: 1024, height: 768, channels: 3 },
  { scene: '4032x3024 RGB', width: 4032, height: 3024, channels: 3 },
  { scene: '64x64 RGB', width: 64, height: 64, channels: 3 },
];
/** The largest picture of a synchronous call, MAX_SYNC_PIXELS: it must not hold the event loop for longer than 50 ms. */
const LARGEST = { scene: '3125x4000 RGB', width: 3125, height: 4000, channels: 3 };

/** The twin lives in a process of its own, which does one turn for each line that it is sent. */
function startTwin(program, { width, height, channels }) {
  const child = spawn(program, ['twin', width, height, channels].map(String), { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const turn = async () => {
    child.stdin.write('\n');
    const { value } = await lines.next();
    const ms = Number(value) / 1000;
    require(ms > 0, `the twin said ${value}`);
    return { wall: ms, cpu: ms };
  };
  return { name: 'scalar twin, plain -O2, native', turn, stop: () => child.stdin.end() };
}

function pixelsOf({ width, height, channels }) {
  const rgb = picture('waves', 0, width, height);
  return { data: channels === 3 ? rgb : rgb.filter((_, i) => i % 3 === 0), width, height, channels };
}

function contendersFor(pixels) {
  const doors = [
    [`native, ${native.kernels[0]}`, native, native.kernels[0]],
    [`wasm, ${wasm.kernels[0]}`, wasm, wasm.kernels[0]],
    ['wasm, scalar', wasm, 'scalar'],
  ];
  const wanted = native.pdq(pixels, 'full-res', 'scalar');
  return doors.map(([name, backend, kernel]) => {
    const got = backend.pdq(pixels, 'full-res', kernel);
    require(Buffer.compare(got.hashes, wanted.hashes) === 0 && got.quality === wanted.quality, name);
    return { name, work: () => backend.pdq(pixels, 'full-res', kernel) };
  });
}

/** V8 first compiles WebAssembly quickly and then, while it runs, well: measured is what a server has after its first second. */
function warmUp() {
  const end = performance.now() + 1000;
  const contenders = contendersFor(pixelsOf(SCENES[0]));
  while (performance.now() < end) for (const { work } of contenders) work();
}

warmUp();
const scenes = [];
for (const scene of SCENES) {
  const twin = startTwin(process.argv[2], scene);
  const contenders = contendersFor(pixelsOf(scene));
  scenes.push({ scene: scene.scene, contenders: await interleave([twin, ...contenders], { turnMs: 10 }) });
  twin.stop();
}
const [nativeLargest, wasmLargest] = contendersFor(pixelsOf(LARGEST));
hand({ scenes, largest: { scene: LARGEST.scene, contenders: await interleave([nativeLargest, wasmLargest], { turnMs: 1 }) } });

// The main job on real photographs: makes a list of two pictures, uploads modified copies of them and other pictures,
// scans them all with the command `egide`, and checks that every copy was recognised and nothing else was.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';

const folder = 'build/demo';
const [listed, uploads] = [join(folder, 'listed'), join(folder, 'uploads')];
const list = join(folder, 'harbour.csv');
const report = join(folder, 'report.html');

rmSync(folder, { recursive: true, force: true });
for (const path of [listed, uploads]) mkdirSync(path, { recursive: true });
const picture = (name) => join('examples/pictures', `${name}.jpg`);

for (const name of ['nagasaki-boats', 'airplane-from-above']) copyFileSync(picture(name), join(listed, `${name}.jpg`));

/** What each upload is, and what should become of it. */
const expected = {};
const upload = async (name, action, make) => {
  await make(join(uploads, name));
  expected[name] = action;
};
const jpeg = (name, edit, quality) => (file) =>
  edit(sharp(picture(name)))
    .jpeg({ quality })
    .toFile(file);

await upload('boats-exact-copy.jpg', 'block', async (file) => copyFileSync(picture('nagasaki-boats'), file));
await upload(
  'boats-small-jpeg-40.jpg',
  'hold',
  jpeg('nagasaki-boats', (p) => p.resize(400), 40),
);
await upload(
  'boats-mirrored.jpg',
  'hold',
  jpeg('nagasaki-boats', (p) => p.flop(), 85),
);
// The pixels lie on their side, and an EXIF tag asks for them to be shown upright.
await upload(
  'boats-turned-by-exif.jpg',
  'hold',
  jpeg('nagasaki-boats', (p) => p.rotate(270).withMetadata({ orientation: 6 }), 85),
);
await upload(
  'airplane-brighter.jpg',
  'hold',
  jpeg('airplane-from-above', (p) => p.modulate({ brightness: 1.08 }), 85),
);
await upload('airplane-flipped.png', 'hold', (file) => sharp(picture('airplane-from-above')).flip().png().toFile(file));
for (const name of ['french-alpine-landscape', 'locomotion-house-cat', 'allium-oreophilum'])
  await upload(
    `${name}.jpg`,
    'allow',
    jpeg(name, (p) => p.resize(700), 80),
  );
await upload('blank.png', 'hold', (file) =>
  sharp({ create: { width: 300, height: 200, channels: 3, background: '#888' } })
    .png()
    .toFile(file),
);
await upload('not-a-picture.jpg', 'hold', async (file) => writeFileSync(file, 'This is a text with the name of a picture.\n'));

/** Runs the command as a person would, with its output on this terminal. */
const egide = (...args) => {
  console.log(`$ egide ${args.join(' ')}`);
  const { status, error } = spawnSync(process.execPath, ['dist/cli/main.js', ...args], { stdio: 'inherit' });
  if (error) throw error;
  console.log();
  return status;
};
const stop = (message) => {
  console.error(message);
  process.exit(1);
};

egide('--version', '--verbose');
if (egide('list', 'make', listed, '-o', list) !== 0) stop('The list could not be made.');
// 3: something was blocked. 2: something was held. 0: all allowed. 1: an error.
const status = egide('scan', uploads, '--list', list, '--report', report);
if (status !== 3) stop(`The scan was expected to end with status 3 (something is blocked), not ${status}.`);

const { stdout } = spawnSync(process.execPath, ['dist/cli/main.js', 'scan', uploads, '--list', list, '--json'], { encoding: 'utf8' });
const found = actionsOf(stdout);
const wrong = Object.entries(expected).filter(([name, action]) => found[name] !== action);
for (const [name, action] of wrong) console.error(`${name}: expected ${action}, got ${found[name]}`);
if (wrong.length > 0) process.exit(1);
console.log(`As expected: ${Object.keys(expected).length} of ${Object.keys(expected).length} uploads.`);
console.log('  blocked: the exact copy.  held for a person: five modified copies, a blank picture, a file that is no picture.');
console.log('  let through: three other photographs.');
console.log(`The report, with blurred thumbnails and the evidence: ${report}`);

/** The action for each file name, from one JSON object a line. */
function actionsOf(text) {
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  return Object.fromEntries(lines.map(({ file, action }) => [file.split('/').at(-1), action]));
}

import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { animation, flat, photo } from '../fixtures/shield.js';

/** A folder of listed pictures and one of uploads: copies that were changed, an unrelated one, and every kind of bad file. */
export async function makeFolders(): Promise<{ root: string; listed: string; uploads: string }> {
  const root = await mkdtemp(join(tmpdir(), 'egide-cli-'));
  const [listed, uploads] = [join(root, 'listed'), join(root, 'uploads')];
  await mkdir(listed);
  await mkdir(join(uploads, 'deep', 'er'), { recursive: true });
  const [boats, cat, alps, flower] = await Promise.all([
    photo('nagasaki-boats'),
    photo('locomotion-house-cat'),
    photo('french-alpine-landscape'),
    photo('allium-oreophilum'),
  ]);
  await writeFile(join(listed, 'boats.jpg'), boats);
  await writeFile(join(listed, 'alps.jpg'), alps);
  await writeFile(join(uploads, 'mirrored.png'), await sharp(boats).flop().resize(400).png().toBuffer());
  await writeFile(join(uploads, 'same.jpg'), alps);
  await writeFile(join(uploads, 'unrelated.jpg'), flower);
  await writeFile(join(uploads, 'flat.png'), await flat());
  await writeFile(join(uploads, 'cut.jpg'), boats.subarray(0, boats.length >> 1));
  await writeFile(join(uploads, 'notes.jpg'), 'a text, whatever its name says');
  await writeFile(join(uploads, 'deep', 'er', 'film.webp'), await animation([cat, flower, boats]));
  return { root, listed, uploads };
}

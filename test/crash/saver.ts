import { saveFile } from '../../src/search/save-file-node.js';
import { about, announceSaving, current } from './announce.js';
import { version } from './versions.js';

// Saves one version after the other until it is killed.
const [, , path, first] = process.argv as [string, string, string, string];
await announceSaving();
for (current.number = Number(first); ; ++current.number) {
  await saveFile(path, [version(current.number)]);
  about('saved');
}

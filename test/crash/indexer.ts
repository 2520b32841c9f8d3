import { load } from 'egide';
import { about, announceSaving, current } from './announce.js';
import { hashesOf, idOf } from './versions.js';

// Makes one index after the other until it is killed: each built anew and saved, or the one before with a hash more, merged.
const [, , path, first, way] = process.argv as [string, string, string, string, 'build' | 'merge'];
const egide = await load({ backend: 'native' });
await announceSaving();
const live = way === 'merge' ? egide.livePdqIndex(await egide.openPdqIndex(path)) : undefined;
for (current.number = Number(first); ; ++current.number) {
  const hashes = hashesOf(current.number);
  about(way);
  if (live) {
    live.add(idOf(current.number), hashes.subarray(-32));
    await live.merge({ path });
  } else {
    using index = await egide.buildPdqIndex(hashes);
    await index.save(path);
  }
  about('saved');
}

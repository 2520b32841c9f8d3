import { createHash } from 'node:crypto';
import type { Digester } from './digests.js';

/** A {@link Digester} by node:crypto (OpenSSL). */
export function createNodeDigester(): Digester {
  const md5 = createHash('md5');
  const sha1 = createHash('sha1');
  const sha256 = createHash('sha256');
  return {
    update(chunk) {
      md5.update(chunk);
      sha1.update(chunk);
      sha256.update(chunk);
    },
    finish: () => ({ md5: plain(md5.digest()), sha1: plain(sha1.digest()), sha256: plain(sha256.digest()) }),
  };
}

/** A Buffer is a Uint8Array whose `slice` shares memory; nobody should meet one here. */
function plain(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer);
}

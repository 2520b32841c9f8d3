import { md5, sha1 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import type { Digester } from './digests.js';

/** A {@link Digester} in plain JavaScript: Web Crypto has no MD5 and cannot be fed in pieces. */
export function createPortableDigester(): Digester {
  const hashers = { md5: md5.create(), sha1: sha1.create(), sha256: sha256.create() };
  return {
    update(chunk) {
      hashers.md5.update(chunk);
      hashers.sha1.update(chunk);
      hashers.sha256.update(chunk);
    },
    finish: () => ({ md5: hashers.md5.digest(), sha1: hashers.sha1.digest(), sha256: hashers.sha256.digest() }),
  };
}

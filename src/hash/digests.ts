/** The cryptographic digests of one file, as bytes. */
export interface Digests {
  /** 16 bytes. */
  readonly md5: Uint8Array;
  /** 20 bytes. */
  readonly sha1: Uint8Array;
  /** 32 bytes. */
  readonly sha256: Uint8Array;
}

/** MD5, SHA-1 and SHA-256 of one stream, fed chunk by chunk in a single pass. */
export interface Digester {
  update(chunk: Uint8Array): void;
  finish(): Digests;
}

/** Entries of fakes lie between these, in milliseconds since 1970: two years that are over. */
export const FIRST_DAY: number = Date.UTC(2024, 0, 1);
export const LAST_DAY: number = Date.UTC(2026, 0, 1);

/** A fault that a fake server can be told to have: something that a real source was seen to do. */
export interface Fault {
  readonly name: string;
  /** What the server then does, for people. */
  readonly what: string;
  /** A client has to refuse to go on. */
  readonly fatal?: boolean;
}

/** What a client sent. */
export interface FakeRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The body as it came. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What a fake answers. A text is sent as it is, anything else as JSON. */
export interface FakeAnswer {
  /** Milliseconds that pass before it is sent. */
  readonly delayMs?: number;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** How to start a fake. */
export interface FakeOptions {
  /** Names of faults; default none. */
  readonly faults?: readonly string[];
  /** Entries that the source has, 1 to 1,000,000. Default 500. */
  readonly entries?: number;
  /** Two fakes of one seed hold the same. Default 1. */
  readonly seed?: number;
  /** Default: any free one. */
  readonly port?: number;
  /** Entries of a page, at most what the source itself gives; default that. */
  readonly pageSize?: number;
  /**
   * Present time in milliseconds since 1970; default `Date.now()`. Entries lie between {@link FIRST_DAY} and
   * {@link LAST_DAY}; those of later are not there yet.
   */
  readonly now?: () => number;
}

/** What a client must hold once it has read everything: by the source's own key, each signal as `type:hex` in order of the text. */
export type Truth = ReadonlyMap<string, readonly string[]>;

/** A source that one fake imitates: made anew for each server. */
export interface FakeSource {
  /** What the client of this source takes as its base: the server's address and this path. */
  readonly basePath: string;
  /** By the names that the client of this source has for them. */
  readonly credentials: Readonly<Record<string, string>>;
  /** What else its client needs to know, besides the address. */
  readonly settings?: Readonly<Record<string, string>>;
  truth(): Truth;
  answer(request: FakeRequest): FakeAnswer | Promise<FakeAnswer>;
}

/** What makes the source of one fake. */
export interface FakeKind {
  /** The kind of exchange, or the service, that it imitates. */
  readonly kind: string;
  /** Besides those that every server has ({@link SERVER_FAULTS}). */
  readonly faults: readonly Fault[];
  create(world: FakeWorld): FakeSource;
}

/** What a source is made from. */
export interface FakeWorld {
  readonly entries: number;
  readonly seed: number;
  /** Infinite if nobody asked for smaller pages. */
  readonly pageSize: number;
  readonly now: () => number;
  /** Whether the fault of this name is switched on. */
  has(fault: string): boolean;
}

/** A running fake. */
export interface Fake {
  readonly kind: string;
  /** What the client takes as its `baseUrl`. */
  readonly url: string;
  /** Settings of a list that is read from it: `baseUrl`, which is {@link url}, and what else the kind needs. */
  readonly settings: Readonly<Record<string, string>>;
  readonly credentials: Readonly<Record<string, string>>;
  /** In the order in which they came; grows. */
  readonly requests: readonly FakeRequest[];
  truth(): Truth;
  close(): Promise<void>;
}

/** Faults that every fake can have. */
export const SERVER_FAULTS: readonly Fault[] = [
  { name: 'busy', what: 'two requests of five are answered 429 with Retry-After, then 503' },
  { name: 'dropped', what: 'every fourth answer ends in the middle' },
];

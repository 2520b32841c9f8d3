import { invalid } from '../errors.js';
import { type CanonicalUrl, type CanonicalUrlOptions, canonicalUrl, noUrl } from '../hash/url.js';

/**
 * What a rule is about.
 *
 * - `exact`: one URL, with its query.
 * - `prefix`: a folder of one host and all below it, with any query: `/a` is in the folder `/a`, and `/a/b`, but not `/ab`.
 * - `host-exact`: everything on one host, at any port; or, if the rule names a port, at that one.
 * - `host`: everything on a host and on all below it, at any port.
 *
 * All are about http and https alike, of which the ports 80 and 443 are one.
 */
export type UrlRuleKind = 'exact' | 'prefix' | 'host-exact' | 'host';

/** What is looked up: a rule in its canonical form, or one that a URL would be caught by. */
export interface UrlRule {
  readonly kind: UrlRuleKind;
  /** Without a scheme: `a.example:8080/x?y`, `a.example/folder`, `a.example:8080`, `a.example`. */
  readonly expression: string;
}

/** How to read a rule. */
export interface UrlRuleOptions extends CanonicalUrlOptions {
  /** Default: what the text says ({@link parseUrlRule}). */
  readonly kind?: UrlRuleKind;
}

/**
 * Folders that a prefix rule may go down. Safe Browsing looks at three below the root ("URLs and Hashing", Suffix/Prefix Expressions); eight
 * leave room for what file hosts do, and bound the look-ups of one URL (our own choice).
 */
export const MAX_PREFIX_FOLDERS = 8;

const KINDS: readonly UrlRuleKind[] = ['exact', 'prefix', 'host-exact', 'host'];

/**
 * Reads a rule as people write it:
 *
 * - `https://a.example/x?y`, `a.example/x`, `https://a.example/`: `exact`
 * - `a.example/folder/*`: `prefix`
 * - `a.example`, `a.example:8080`, `a.example/*`: `host-exact`
 * - `*.a.example`: `host`, which is about `a.example` itself too
 *
 * @throws {EgideError} `INVALID_URL` for any other text, for a `host` rule with a port or about a single label (`com`) or an address, and for a
 *   `prefix` rule with a query or more than {@link MAX_PREFIX_FOLDERS} folders. `INVALID_ARGUMENT` for a wrong parameter. What is a public
 *   suffix (`co.uk`, `github.io`) is not known here: such a rule is taken as it is.
 */
export function parseUrlRule(text: string, options: UrlRuleOptions = {}): UrlRule {
  if (typeof text !== 'string') throw invalid('text', 'a string', text);
  const { kind } = options;
  if (kind !== undefined && !KINDS.includes(kind)) throw invalid('kind', "'exact', 'prefix', 'host-exact' or 'host'", kind);
  const written = text.trim();
  switch (kind ?? kindOf(written)) {
    case 'exact':
      return exactRule(canonicalUrl(written, options));
    case 'prefix':
      return prefixRule(canonicalUrl(written.replace(/\/\*$/, '/'), options));
    case 'host-exact':
      return hostRule(written, 'host-exact');
    case 'host':
      return hostRule(written.replace(/^\*\./, ''), 'host');
  }
}

/** What a text says that it is. Throws `INVALID_URL` for a star that is not at its beginning or end. */
function kindOf(written: string): UrlRuleKind {
  if (written.startsWith('*.')) return 'host';
  if (!written.includes('*')) return /[/\\?#]|^https?:/i.test(written) ? 'exact' : 'host-exact';
  if (written.endsWith('/*') && written.indexOf('*') === written.length - 1) return 'prefix';
  throw noUrl("a rule with a star only as '*.a.example' or 'a.example/folder/*'; one about a URL with a star must say that it is 'exact'");
}

function exactRule(url: CanonicalUrl): UrlRule {
  const { path, query, fragment } = url;
  return { kind: 'exact', expression: `${placeOf(url)}${path}${query && `?${query}`}${fragment && `#${fragment}`}` };
}

function prefixRule(url: CanonicalUrl): UrlRule {
  if (url.query || url.fragment) throw noUrl('a folder without a query or a fragment');
  const folders = foldersOf(url);
  if (folders.length === 0) return { kind: 'host-exact', expression: placeOf(url) };
  if (folders.length > MAX_PREFIX_FOLDERS) throw noUrl(`at most ${MAX_PREFIX_FOLDERS} folders, got ${folders.length}`);
  return { kind: 'prefix', expression: `${placeOf(url)}/${folders.join('/')}` };
}

function hostRule(written: string, kind: 'host' | 'host-exact'): UrlRule {
  const url = canonicalUrl(written.replace(/\/\*$/, ''));
  if (url.path !== '/' || url.query) throw noUrl(`a host alone for a rule of kind '${kind}'`);
  if (kind === 'host-exact') return { kind, expression: placeOf(url) };
  if (placeOf(url) !== url.host) throw noUrl("a host without a port: a rule about one port is of kind 'host-exact'");
  if (isAddress(url.host)) throw noUrl("a name, since nothing is below an address: make the rule 'host-exact'");
  if (!url.host.includes('.')) throw noUrl('a host of two parts or more: one part, such as com, would catch all below it');
  return { kind, expression: url.host };
}

/**
 * Every rule that would catch a URL, the narrowest first: itself, its folders from the deepest up, its host, and those above down to two
 * parts. At most 1 + 8 + 2 + 126: folders by {@link MAX_PREFIX_FOLDERS}, and a host of 253 characters has 127 parts.
 *
 * The method is that of Safe Browsing ("Suffix/Prefix Expressions"), which pairs five hosts with six paths; here a folder is of one host, so
 * nothing is paired, and no part of a host goes unasked.
 */
export function expressionsOf(url: CanonicalUrl): UrlRule[] {
  const place = placeOf(url);
  const folders = foldersOf(url).slice(0, MAX_PREFIX_FOLDERS);
  const prefixes = folders.map((_, i): UrlRule => ({ kind: 'prefix', expression: `${place}/${folders.slice(0, i + 1).join('/')}` }));
  const hosts = [...new Set([place, url.host])].map((expression): UrlRule => ({ kind: 'host-exact', expression }));
  return [exactRule(url), ...prefixes.reverse(), ...hosts, ...namesAbove(url.host)];
}

/** A host and those above it, down to two parts; none for an address or a single part. */
function namesAbove(host: string): UrlRule[] {
  if (isAddress(host)) return [];
  const parts = host.split('.');
  return parts.slice(1).map((_, i): UrlRule => ({ kind: 'host', expression: parts.slice(i).join('.') }));
}

/** Host and port; the ports of http and https are one, as the two schemes are. */
function placeOf({ host, port }: CanonicalUrl): string {
  return port === '' || port === '80' || port === '443' ? host : `${host}:${port}`;
}

/** The parts of a path; a slash at its end makes no further one. */
function foldersOf({ path }: CanonicalUrl): string[] {
  const folders = path.slice(1).split('/');
  return folders.at(-1) === '' ? folders.slice(0, -1) : folders;
}

/** The URL Standard gives every host that ends in a number the form of an IPv4 address, or refuses it. */
function isAddress(host: string): boolean {
  return host.startsWith('[') || /\.\d+$/.test(host);
}

import { EgideError, invalid } from '../errors.js';

/** Names the steps of {@link canonicalUrl}: lists that were made by other steps have another number. */
export const CANONICAL_URL_VERSION = 1;

/**
 * Characters of a URL, as it is written and in canonical form. RFC 9110 section 4.1 asks everyone to take 8,000; this is eight times as
 * much, so that no real link is refused, and bounds the work (our own choice).
 */
export const MAX_URL_LENGTH = 65_536;

/** What of a URL counts. Both sides of a comparison must use the same. */
export interface CanonicalUrlOptions {
  /** `drop`: parameters that only say where a visitor came from are taken out ({@link TRACKING_PARAMETERS}). Default `keep`. */
  readonly trackingParameters?: 'keep' | 'drop';
  /** `hashbang`: a fragment that begins with `!` is kept, since some file hosts name the file there. Default `drop`. */
  readonly fragment?: 'drop' | 'hashbang';
}

/** A URL in its canonical form, which is ASCII. */
export interface CanonicalUrl {
  /** {@link CANONICAL_URL_VERSION}. */
  readonly version: typeof CANONICAL_URL_VERSION;
  /** The whole. Its canonical form is itself. */
  readonly url: string;
  readonly scheme: 'http' | 'https';
  /** A name of lower-case letters without a dot at the end, four numbers, or an IPv6 address in brackets. */
  readonly host: string;
  /** Empty for the scheme's own. */
  readonly port: string;
  /** Begins with `/`. */
  readonly path: string;
  /** Without the `?`; empty if there is none. */
  readonly query: string;
  /** Without the `#`; empty unless it is a hashbang that is kept. */
  readonly fragment: string;
}

/**
 * Names of parameters that only say where a visitor came from: those of campaigns in Google Analytics (its help page "URL builders"), and
 * the identifiers of one click or one recipient that Brave takes out of every URL (brave-core, components/query_filter, 2025; of those the
 * ones that name a well-known sender). Names count as they are written: case too.
 */
export const TRACKING_PARAMETERS: ReadonlySet<string> = new Set([
  ...['utm_source', 'utm_medium', 'utm_campaign', 'utm_term', 'utm_content', 'utm_id'],
  ...['utm_source_platform', 'utm_creative_format', 'utm_marketing_tactic'],
  ...['gclid', 'dclid', 'gbraid', 'wbraid', 'srsltid', '_gl'], // Google
  ...['fbclid', 'fb_action_ids', 'fb_comment_id'], // Facebook
  ...['msclkid', 'twclid', 'yclid', 'ymclid', 'ysclid', '_openstat'], // Microsoft, X, Yandex
  ...['__hsfp', '__hssc', '__hstc', '_hsenc', 'hsCtaTracking'], // HubSpot
  ...['mc_eid', 'ml_subscriber', 'ml_subscriber_hash', 'vero_conv', 'vero_id', '_kx', 'bsft_clkid', 'bsft_uid'], // letters
  ...['mtm_cid', 'pk_cid', 'oly_anon_id', 'oly_enc_id', 'wickedid', 'rb_clickid', 's_cid', 'irclickid', '_branch_match_id'],
]);

/** DNS: a name of 255 octets with its length bytes and its root (RFC 1035 section 2.3.4), which is 253 characters in text. */
const MAX_HOST_LENGTH = 253;

/**
 * One form for all texts of a URL that lead to the same place: what a browser makes of it (WHATWG URL Standard, which lower-cases scheme and
 * host, writes names in ASCII by UTS 46 and addresses in one form, and takes out default ports and dot segments), then RFC 3986 section
 * 6.2.2 (percent-encoding). The steps, and what is left as it is, are in docs/urls.md.
 *
 * @param url As a person or a page has it; without a scheme it must have a dot in its host.
 * @throws {EgideError} `INVALID_URL` if it is no http or https URL, or longer than {@link MAX_URL_LENGTH}; the message does not repeat it.
 *   `INVALID_ARGUMENT` for a wrong parameter.
 * @example canonicalUrl('HTTPS://Bücher.Example:443/a/../%7eb?#top').url; // 'https://xn--bcher-kva.example/~b'
 */
export function canonicalUrl(url: string, options: CanonicalUrlOptions = {}): CanonicalUrl {
  if (typeof url !== 'string') throw invalid('url', 'a string', url);
  const { trackingParameters, fragment: fragments } = checkUrlOptions(options);
  if (url.length > MAX_URL_LENGTH) throw noUrl(`at most ${MAX_URL_LENGTH} characters, got ${url.length}`);
  const parsed = parse(withScheme(stripped(url)));
  const scheme = parsed.protocol === 'https:' ? 'https' : 'http';
  const host = canonicalHost(parsed.hostname);
  const { port } = parsed;
  const path = canonicalPercents(parsed.pathname);
  const wholeQuery = canonicalPercents(parsed.search.slice(1));
  const query = trackingParameters === 'drop' ? withoutTracking(wholeQuery) : wholeQuery;
  const kept = fragments === 'hashbang' && parsed.hash.startsWith('#!') && parsed.hash !== '#!';
  const fragment = kept ? canonicalPercents(parsed.hash.slice(1)) : '';
  const place = `${host}${port && `:${port}`}${path}`;
  const whole = `${scheme}://${place}${query && `?${query}`}${fragment && `#${fragment}`}`;
  if (whole.length > MAX_URL_LENGTH) throw noUrl(`at most ${MAX_URL_LENGTH} characters in its canonical form, which has ${whole.length}`);
  return { version: CANONICAL_URL_VERSION, url: whole, scheme, host, port, path, query, fragment };
}

/** @internal Checks options and fills in the defaults. Throws `INVALID_ARGUMENT`. */
export function checkUrlOptions(options: CanonicalUrlOptions): Required<CanonicalUrlOptions> {
  if (typeof options !== 'object' || options === null) throw invalid('options', 'an object', options);
  const { trackingParameters = 'keep', fragment = 'drop' } = options;
  if (trackingParameters !== 'keep' && trackingParameters !== 'drop')
    throw invalid('trackingParameters', "'keep' or 'drop'", trackingParameters);
  if (fragment !== 'drop' && fragment !== 'hashbang') throw invalid('fragment', "'drop' or 'hashbang'", fragment);
  return { trackingParameters, fragment };
}

/** @internal The error for a text that is no URL, without the text: it may be one of a list. */
export function noUrl(expected: string): EgideError {
  return new EgideError('INVALID_URL', `url: expected ${expected}`);
}

/** Without what the URL Standard strips: control characters and spaces at both ends, tabs and line ends anywhere. */
function stripped(text: string): string {
  let [from, to] = [0, text.length];
  while (from < to && text.charCodeAt(from) <= 0x20) ++from;
  while (to > from && text.charCodeAt(to - 1) <= 0x20) --to;
  return text.slice(from, to).replace(/[\t\n\r]/g, '');
}

/** RFC 3986 section 3.1; what precedes the first colon. */
const SCHEME = /^([a-z][a-z0-9+.-]*):/i;
/** The dots of UTS 46, and one that is percent-encoded; or the bracket of an IPv6 address. */
const DOTTED = /[.\u3002\uff0e\uff61[]|%2e/i;

/** The text with `http` in front if it has no scheme. Throws for any scheme but http and https, and for what is no host. */
function withScheme(text: string): string {
  const scheme = SCHEME.exec(text)?.[1];
  if (scheme !== undefined) {
    if (/^https?$/i.test(scheme)) return text;
    const isPort = scheme.includes('.') && /^\d{1,5}(?:[/\\?#]|$)/.test(text.slice(scheme.length + 1));
    if (!isPort) throw noUrl('http or https, got another scheme');
  }
  const rest = text.replace(/^[/\\]{2}/, '');
  if (!DOTTED.test(rest.split(/[/\\?#]/, 1)[0] as string)) throw noUrl('a scheme, or a host with a dot in it');
  return `http://${rest}`;
}

/** What precedes the path of a URL that has a scheme. */
const AUTHORITY = /^[^/\\?#]*[/\\]*[^/\\?#]*/;

function parse(text: string): URL {
  try {
    // UTS 46 has made a capital sharp s of a name a small one since Unicode 15.1; before, two s, which is another name.
    return new URL(text.replace(AUTHORITY, (part) => part.replaceAll('ẞ', 'ß')));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // a TypeError is what URL throws; it holds the text, so it is no cause that may be told
    throw noUrl('a URL that a browser can open: its host or port is malformed');
  }
}

/** An IPv4 address in an IPv6 one (RFC 4291 section 2.5.5.2), which leads to the same place. */
const MAPPED_IPV4 = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/;

/**
 * Letters, digits and hyphens (RFC 952), and the underscore that names of hosts have in practice. `URL` lets more stand, and not the same
 * everywhere: of `*.example` one runtime makes `%2A.example`.
 */
const HOST = /^[a-z0-9_.-]+$/;

function canonicalHost(hostname: string): string {
  const [, high, low] = MAPPED_IPV4.exec(hostname) ?? [];
  if (high !== undefined && low !== undefined)
    return [high, low].flatMap((part) => [Number.parseInt(part, 16) >> 8, Number.parseInt(part, 16) & 255]).join('.');
  if (hostname.startsWith('[')) return hostname;
  const host = hostname.endsWith('.') ? hostname.slice(0, -1) : hostname;
  if (!HOST.test(host)) throw noUrl('a host of letters, digits, hyphens and underscores between its dots');
  if (host.split('.').includes('')) throw noUrl('a host without empty parts between its dots');
  if (host.length > MAX_HOST_LENGTH) throw noUrl(`a host of at most ${MAX_HOST_LENGTH} characters, got ${host.length}`);
  return host;
}

/** A percent-encoded octet, or what RFC 3986 (pchar, `/` and `?`) does not allow to stand as it is. */
const TO_ENCODE = /%[0-9a-f]{2}|[^a-z0-9\-._~!$&'()*+,;=:@/?]/gi;
const UNRESERVED = /^[A-Za-z0-9\-._~]$/;

/** RFC 3986 section 6.2.2: what is unreserved decoded, what is not allowed encoded, hex digits in upper case; all else as it is. */
function canonicalPercents(part: string): string {
  return part.replace(TO_ENCODE, (found) => {
    const code = found.length === 3 ? Number.parseInt(found.slice(1), 16) : found.charCodeAt(0);
    const character = String.fromCharCode(code);
    return UNRESERVED.test(character) ? character : `%${code.toString(16).toUpperCase().padStart(2, '0')}`;
  });
}

function withoutTracking(query: string): string {
  const parameters = query.split('&');
  return parameters.filter((parameter) => !TRACKING_PARAMETERS.has(parameter.split('=', 1)[0] as string)).join('&');
}

import { md5 } from '@noble/hashes/legacy.js';
import { invalid } from '../errors.js';
import { noUrl } from './url.js';

const utf8 = new TextEncoder();

/**
 * The `url_md5` of python-threatexchange, 16 bytes, bit for bit: for lists that carry it, and for nothing else. It takes far fewer texts
 * of a URL for one than `canonicalUrl` does, and it lower-cases paths, which takes different ones for one (docs/urls.md).
 *
 * Source: python-threatexchange, `common.normalize_url`, with `urllib.parse` of Python 3.11 and 3.12; other versions of Python differ for
 * URLs with spaces in front and for schemes without a host.
 *
 * @throws {EgideError} `INVALID_URL` for a text with half a surrogate pair, for which Python has no bytes; `INVALID_ARGUMENT`.
 */
export function urlMd5Compat(text: string): Uint8Array {
  if (typeof text !== 'string') throw invalid('text', 'a string', text);
  if (/\p{Cs}/u.test(text)) throw noUrl('whole characters, got half a surrogate pair');
  return md5(utf8.encode(pytxUrl(text)));
}

/** The text that is digested. Its scheme goes; without one, the first `://` anywhere does. */
function pytxUrl(text: string): string {
  const { scheme, rest } = urlparse(text.toLowerCase());
  return (scheme ? `${scheme}:${rest}` : rest).replace(`${scheme}://`, '');
}

/** Schemes (`uses_params`, `uses_netloc` of urllib.parse) of which an empty `;` at the end is dropped, and to whose paths `//` is given. */
const WITH_PARAMS = new Set(
  ['', 'ftp', 'hdl', 'prospero', 'http', 'imap', 'https', 'shttp', 'rtsp', 'rtsps', 'rtspu', 'sip', 'sips', 'mms', 'sftp', 'tel'], //
);
const WITH_HOST = new Set([
  ...['ftp', 'http', 'gopher', 'nntp', 'telnet', 'imap', 'wais', 'file', 'mms', 'https', 'shttp', 'snews', 'prospero'],
  ...['rtsp', 'rtsps', 'rtspu', 'rsync', 'svn', 'svn+ssh', 'sftp', 'nfs', 'git', 'git+ssh', 'ws', 'wss'],
]);

/** What Python's `urlparse(url).geturl()` gives for a lower-case URL: its scheme, and what follows the colon. */
function urlparse(url: string): { scheme: string; rest: string } {
  let from = 0;
  while (from < url.length && url.charCodeAt(from) <= 0x20) ++from;
  let path = url.slice(from).replace(/[\t\n\r]/g, '');
  const scheme = /^([a-z][a-z0-9+.-]*):/.exec(path)?.[1] ?? '';
  if (scheme) path = path.slice(scheme.length + 1);
  let host = '';
  if (path.startsWith('//')) {
    host = path.slice(2).split(/[/?#]/, 1)[0] as string;
    path = path.slice(2 + host.length);
  }
  let fragment = '';
  let query = '';
  [path, fragment] = cut(path, '#');
  [path, query] = cut(path, '?');
  if (WITH_PARAMS.has(scheme)) path = path.replace(/(^|\/)([^;/]*);$/, '$1$2');
  if (host || (WITH_HOST.has(scheme) && !path.startsWith('//'))) path = `//${host}${path && !path.startsWith('/') ? '/' : ''}${path}`;
  return { scheme, rest: `${path}${query && `?${query}`}${fragment && `#${fragment}`}` };
}

/** What stands before and behind the first `mark`. */
function cut(text: string, mark: string): [before: string, behind: string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

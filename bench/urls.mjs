// What it takes to build a list of a million rules about URLs, and to look one URL up in it, by a search on the spot and from elsewhere:
// `node bench/urls.mjs [rules]`. Every answer is checked.
import { canonicalUrl, load, urlQuery } from '../dist/entry/node.js';
import { hand, median, ROW_MS, require } from './measure.mjs';

const RULES = Number(process.argv[2] ?? 1_000_000);
const FIXED_SALT = new Uint8Array(16).fill(7);

/** By turns one of each kind, all different. */
const rules = Array.from({ length: RULES }, (_, i) =>
  [`https://host${i}.example/folder/page?id=${i}`, `host${i}.example/folder/deeper/*`, `host${i}.example`, `*.host${i}.example`].at(i % 4),
);
/** URLs that are caught by one rule each, and its number. */
const listed = Array.from({ length: 1_000 }, (_, k) => {
  const i = (k * 7_919) % RULES;
  const url = [`http://host${i}.example/folder/./page?id=${i}`, `https://HOST${i}.example/folder/deeper/x`].at(i % 2);
  return { url: [url, url, `https://host${i}.example:8080/a/b`, `https://a.host${i}.example/a/b`].at(i % 4), i };
});
const others = listed.map(({ i }) => `https://www.other${i}.example/some/folder/page.html?x=${i}`);

async function measure(backend) {
  const egide = await load({ backend });
  const started = performance.now();
  const index = await egide.buildUrlIndex(rules, { salt: FIXED_SALT });
  const buildMs = performance.now() - started;
  for (const { url, i } of listed) {
    const found = index.search(url);
    require(found.length === 1 && found[0].id === i, `${url} is not told as rule ${i}: ${JSON.stringify(found)}`);
  }
  for (const url of others) require(index.search(url).length === 0, `${url} is not listed`);

  const urls = listed.map(({ url }) => url);
  const asked = (url) => {
    const query = urlQuery(url, index.hashing, 20);
    return query.matches(query.prefixes.flatMap((prefix) => index.withPrefix(prefix)));
  };
  require(asked(listed[1].url)[0]?.id === listed[1].i, 'asked from elsewhere, a listed URL is not found');
  const row = {
    backend,
    rules: index.size,
    bytesPerRule: index.byteLength / index.size,
    buildMs,
    listedUs: perUrl(urls, (url) => index.search(url)),
    otherUs: perUrl(others, (url) => index.search(url)),
    canonicalUs: perUrl(others, canonicalUrl),
    elsewhereUs: perUrl(others, asked),
  };
  index[Symbol.dispose]();
  return row;
}

/** Microseconds, the median over batches of all URLs. */
function perUrl(urls, work) {
  const times = [];
  const end = performance.now() + ROW_MS;
  while (times.length < 5 || performance.now() < end) {
    const started = performance.now();
    for (const url of urls) work(url);
    times.push((1_000 * (performance.now() - started)) / urls.length);
  }
  return median(times);
}

const rows = [];
for (const backend of ['native', 'wasm']) rows.push(await measure(backend));
hand(rows);

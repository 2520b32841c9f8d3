// What it takes to build a list of a million rules about URLs, and to look one URL up in it, by a search on the spot and from elsewhere, beside a
// Map of the rules as they are: `node bench/urls.mjs [rules]`. Every answer is checked. Prints one line of JSON.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { canonicalUrl, load, urlQuery } from '../dist/entry/node.js';
import { hand, interleave, require, timed } from './measure.mjs';

const RULES = Number(process.argv[2] ?? 1_000_000);
const FIXED_SALT = new Uint8Array(16).fill(7);
const TURN_MS = 20;
const PREFIX_BITS = 20;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

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

/** The rules as text, by number. */
class PlainRules {
  #numbers = new Map();

  constructor(rules) {
    for (const [number, rule] of rules.entries()) this.#numbers.set(rule.replace(/^https?:\/\//, ''), number);
  }

  search(text) {
    const { hostname, pathname, search } = new URL(text);
    const asked = [`${hostname}${pathname}${search}`, hostname];
    for (let end = pathname.lastIndexOf('/'); end > 0; end = pathname.lastIndexOf('/', end - 1))
      asked.push(`${hostname}${pathname.slice(0, end)}/*`);
    for (let dot = hostname.indexOf('.'); dot > 0; dot = hostname.indexOf('.', dot + 1)) asked.push(`*.${hostname.slice(dot + 1)}`);
    return asked.flatMap((rule) => {
      const id = this.#numbers.get(rule);
      return id === undefined ? [] : [{ id }];
    });
  }
}

async function contender(name, build, bytesOf) {
  collect();
  const before = process.memoryUsage().heapUsed;
  const { made: index, seconds } = await timed(build);
  collect();
  const bytes = bytesOf?.(index) ?? process.memoryUsage().heapUsed - before;
  for (const { url, i } of listed) {
    const found = index.search(url);
    require(found.length === 1 && found[0].id === i, `${name}: ${url} is not told as rule ${i}: ${JSON.stringify(found)}`);
  }
  for (const url of others) require(index.search(url).length === 0, `${name}: ${url} is not listed`);
  return { name, index, buildSeconds: seconds, bytesPerRule: bytes / RULES };
}

/** Asks an index without showing it the URL. */
const elsewhere = (index) => (url) => {
  const query = urlQuery(url, index.hashing, PREFIX_BITS);
  return query.matches(query.prefixes.flatMap((prefix) => index.withPrefix(prefix)));
};

/** Microseconds of processor time for one URL; the contenders take turns. */
async function perUrl(contenders, urls) {
  const rows = contenders.map(({ name, ask }) => ({ name, work: () => void urls.map((url) => ask(url)) }));
  return (await interleave(rows, { turnMs: TURN_MS })).map(({ cpuMs }) => (1_000 * cpuMs) / urls.length);
}

const contenders = [];
for (const backend of ['native', 'wasm']) {
  const egide = await load({ backend });
  const build = () => egide.buildUrlIndex(rules, { salt: FIXED_SALT });
  contenders.push(await contender(`egide, ${backend}`, build, ({ byteLength }) => byteLength));
}
const json = JSON.stringify(rules); // whose texts are new ones: a Map of those that there are would seem to take less
contenders.push(await contender('a Map of plain texts', () => new PlainRules(JSON.parse(json))));

const indexes = contenders.slice(0, 2).map(({ name, index }) => ({ name, ask: elsewhere(index) }));
const search = contenders.map(({ name, index }) => ({ name, ask: (url) => index.search(url) }));
for (const { name, ask } of indexes)
  require(ask(listed[1].url)[0]?.id === listed[1].i, `${name}: asked from elsewhere, a listed URL is not found`);
const [listedUs, otherUs] = [
  await perUrl(
    search,
    listed.map(({ url }) => url),
  ),
  await perUrl(search, others),
];
const elsewhereUs = await perUrl(indexes, others);
const [canonicalUs] = await perUrl([{ name: 'canonical form', ask: canonicalUrl }], others);
hand({
  rules: RULES,
  canonicalUs,
  rows: contenders.map(({ name, buildSeconds, bytesPerRule }, i) => ({
    name,
    buildSeconds,
    bytesPerRule,
    listedUs: listedUs[i],
    otherUs: otherUs[i],
    ...(i < elsewhereUs.length && { elsewhereUs: elsewhereUs[i] }),
  })),
});

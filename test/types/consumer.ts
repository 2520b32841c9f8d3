// Compiled by test/package against the packed types, in a project that has nothing but egide (and never run).
import { canonicalUrl, type Egide, type HashList, load, type UrlIndex, type UrlVerdict, urlQuery, type Verdict } from 'egide';
import { load as loadBrowser } from 'egide/browser';
import { load as loadEdge } from 'egide/edge';
import { load as loadNode } from 'egide/node';

declare const core: WebAssembly.Module;

const egide: Egide = await load();
const others: Egide[] = [await loadNode(), await loadEdge(core), await loadBrowser(core)];

const list: HashList = await egide.hashList(new Uint8Array(), { name: 'list', signal: AbortSignal.timeout(1000) });
const verdict: Verdict = await egide.shield({ lists: [list] }).scan(new Uint8Array());
switch (verdict.outcome) {
  case 'match':
    for (const match of verdict.matches) {
      // The kind of a match tells which fields it has.
      const evidence: number | string = match.kind === 'near' ? match.distance : match.signal;
      console.log(match.entry.id, evidence);
    }
    break;
  case 'no-match':
  case 'not-hashable':
  case 'could-not-tell':
    break;
  default: {
    const never: never = verdict.outcome;
    throw new Error(never);
  }
}

const image = egide.image({ data: new Uint8Array(12), width: 2, height: 2, channels: 3 });
const hash: Uint8Array = egide.pdq.hash(image).hash;
const index: UrlIndex = await egide.buildUrlIndex(['*.a.example', { kind: 'exact', text: canonicalUrl('a.example/x').url }]);
const entry = (id: number) => ({ id: `${id}`, list: 'links' });
const link: UrlVerdict = egide.shield({ lists: [], urls: [{ name: 'links', index, entry }] }).scanUrl('https://a.example/');
const query = urlQuery('https://a.example/', index.hashing, 16);
console.log(link.matches[0]?.rule, query.matches(query.prefixes.flatMap((prefix) => index.withPrefix(prefix))));
// @ts-expect-error Lists and a snapshot may not both be left out.
egide.shield({});
// @ts-expect-error There is no such mode.
egide.pdq.hash(image, { mode: 'fast' });

export { hash, others };

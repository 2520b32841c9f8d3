import { createHash } from 'node:crypto';
import { HASH_BYTES } from '../backend.js';
import type { EntryRef } from '../list/hash-list.js';
import type { Policy } from '../shield/policy.js';
import type { RemoteDetail, RemoteList } from '../shield/remote/remote-service.js';
import { DIGEST_WORDS, grouped, LABEL_WORDS, plural, saySeen } from '../shield/summary.js';
import type { Action, ExactMatch, Match, NearMatch, PartialMatch, RemoteMatch, Verdict } from '../shield/verdict.js';
import { printable } from './io.js';
import { SENT_WORDS } from './remote-services.js';
import { STYLE } from './report-style.js';
import type { Scanned } from './scan.js';

/** Files by action. */
export type Counts = Readonly<Record<Action, number>>;

/** What a scan was made with. */
export interface Setting {
  readonly policy: Policy;
  readonly lists: readonly { readonly name: string; readonly entries: number }[];
  /** Services that were to be asked. */
  readonly remote: readonly RemoteList[];
  readonly made: Date;
  /** Version, backend and kernel, in words. */
  readonly by: string;
}

const BITS = 8 * HASH_BYTES;
/** What a file is like that a page names of one match: a video may have thousands (our own choice). */
const DETAILS_SHOWN = 10;

/** What an action asks of a person. */
const ACTION_WORDS: Readonly<Record<Action, { title: string; note: string }>> = {
  block: { title: 'Block', note: 'The policy says not to let these through.' },
  hold: { title: 'Hold', note: 'Kept from view until a person has looked.' },
  allow: { title: 'Allow', note: 'The policy lets these through.' },
};

/** Text as HTML, with nothing in it that a browser or a reader could be misled by. */
export function escaped(text: string): string {
  return printable(text).replace(/[&<>"']/g, (mark) => `&#${mark.charCodeAt(0)};`);
}

/** Everything before the first section. */
export function pageStart({ policy, lists, remote, made, by }: Setting, counts: Counts): string {
  const total = counts.allow + counts.hold + counts.block;
  const places = [
    ...(lists.length > 0 ? [`in ${plural(lists.length, 'list', 'lists')}`] : []),
    ...(remote.length > 0 ? [`by asking ${plural(remote.length, 'service', 'services')}`] : []),
  ];
  const services = remote.map(({ service, send }) => escaped(`${service.name} (${askedWith(service.host, send)})`)).join('<br>');
  const styleHash = createHash('sha256').update(STYLE).digest('base64');
  const { pdqMaxDistance, pdqMinQuality, patchMinTier } = policy.thresholds;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Scan report: ${plural(total, 'file', 'files')}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>Scan report</h1>
<p class="lead">${plural(total, 'file', 'files')} looked up ${places.join(' and ')}. A match says that a file resembles an entry of a list, and how closely. It does not say what a picture is: people decide.</p>
<ul class="counts">
${(['block', 'hold', 'allow'] as const).map((action) => `<li class="${action}"><b>${grouped(counts[action])}</b> ${action}</li>`).join('\n')}
</ul>
<dl class="setting">
<div><dt>Lists</dt><dd>${lists.map(({ name, entries }) => `${escaped(name)} (${plural(entries, 'entry', 'entries')})`).join('<br>') || 'none'}</dd></div>
${services === '' ? '' : `<div><dt>Services</dt><dd>${services}</dd></div>\n`}<div><dt>Policy</dt><dd>${escaped(policy.version)}<br>near: at most ${pdqMaxDistance} of ${BITS} bits; quality: at least ${pdqMinQuality}<br>patches: ${patchMinTier === 'off' ? 'off' : `at least ${patchMinTier}`}</dd></div>
<div><dt>Made</dt><dd><time datetime="${made.toISOString()}">${made.toISOString().slice(0, 16).replace('T', ' ')} UTC</time></dd></div>
<div><dt>By</dt><dd>${escaped(by)}</dd></div>
</dl>
</header>
<main>
`;
}

export function sectionStart(action: Action, count: number): string {
  const { title, note } = ACTION_WORDS[action];
  return `<section class="${action}">
<h2><span class="badge">${title}</span> ${plural(count, 'file', 'files')} <small>${note}</small></h2>
`;
}

export function sectionEnd(): string {
  return '</section>\n';
}

export function pageEnd({ remote }: Pick<Setting, 'remote'>): string {
  const services = remote.length > 0 ? '<p>A service that gave no answer, or was not asked, has cleared nothing.</p>\n' : '';
  return `</main>
<footer>
<p>Distance: how many of the ${BITS} bits of two perceptual hashes (PDQ) differ. Copies stay near 0, unrelated pictures lie around ${BITS / 2}. The mark on a bar is the policy's threshold.</p>
${services}</footer>
</body>
</html>
`;
}

/** One file: preview, sentence, matches, what services said, and problems. */
export function sheet({ file, verdict, preview }: Scanned, { policy, remote }: Pick<Setting, 'policy' | 'remote'>): string {
  const { action, summary, matches, problems, input } = verdict;
  const picture =
    preview === undefined
      ? ''
      : 'jpeg' in preview
        ? `<img alt="${preview.clear ? 'Preview' : 'Blurred, grey preview'}" loading="lazy" src="data:image/jpeg;base64,${Buffer.from(preview.jpeg).toString('base64')}">`
        : `<p class="none">${escaped(preview.reason)}</p>`;
  return `<article>
<figure>${picture}</figure>
<div class="findings">
<h3><span class="badge ${action}">${action}</span> <span class="file">${escaped(file)}</span></h3>
<p class="summary">${escaped(summary)}</p>
${exactEntries(matches).map(exactBlock).join('\n')}
${matches
  .filter((match) => match.signal === 'pdq')
  .map((match) => nearBlock(match, input.frameCount))
  .join('\n')}
${matches
  .filter((match) => match.kind === 'partial')
  .map((match) => partialBlock(match, input.frameCount))
  .join('\n')}
${remote.map((one) => serviceBlock(one, verdict)).join('\n')}
${problemItems(problems.filter(({ service }) => service === undefined))}
<p class="facts">${inputWords(input, policy).map(escaped).join(' · ')}</p>
</div>
</article>
`;
}

function inputWords(input: Verdict['input'], policy: Policy): string[] {
  const { byteLength, format, width, height, frameCount, framesHashed, quality } = input;
  return [
    `${grouped(byteLength)} bytes`,
    ...(format === undefined ? [] : [`${format}, ${width} × ${height}`]),
    ...(frameCount !== undefined && frameCount > 1 ? [`${framesHashed} of ${plural(frameCount, 'frame', 'frames')} hashed`] : []),
    ...(quality === undefined ? [] : [`quality ${quality} of 100 (at least ${policy.thresholds.pdqMinQuality} is needed)`]),
  ];
}

/** The exact matches of one entry together: its digests say the same thing. */
function exactEntries(matches: readonly Match[]): ExactMatch[][] {
  const entries = new Map<string, ExactMatch[]>();
  for (const match of matches) {
    if (match.kind !== 'exact') continue;
    const key = JSON.stringify([match.entry.list, match.entry.id]);
    entries.set(key, [...(entries.get(key) ?? []), match]);
  }
  return [...entries.values()];
}

function exactBlock(matches: readonly ExactMatch[]): string {
  const [{ entry, action }] = matches as [ExactMatch];
  const digests = matches.map(({ signal }) => DIGEST_WORDS[signal]).join(', ');
  return `<div class="match">
<p class="kind">Exact: the same ${digests}</p>
${facts([...entryRows(entry), ['Action', action]])}
</div>`;
}

function nearBlock(match: NearMatch, frameCount: number | undefined): string {
  return `<div class="match">
<p class="kind">Near: ${match.distance} of ${BITS} bits differ <small>(threshold ${match.maxDistance})</small></p>
${bar(match)}
${facts([
  ...entryRows(match.entry),
  ['Seen', saySeen(match, frameCount).join(', ') || 'as it is'],
  ['Orientation', match.negative ? `${match.orientation}, negative` : match.orientation],
  ['Quality', `${match.quality} of 100`],
  ['Action', match.action],
])}
</div>`;
}

function partialBlock(match: PartialMatch, frameCount: number | undefined): string {
  const { entry, tier, label, description, inliers, distinctive, action } = match;
  return `<div class="match">
<p class="kind">Partial: ${tier} <small>(${distinctive} of ${inliers} features are distinctive)</small></p>
${facts([
  ...entryRows(entry),
  ['Seen', [...saySeen(match, frameCount), description].join(', ')],
  ...(label ? [['Doubt', LABEL_WORDS[label]] as [string, string]] : []),
  ['Action', action],
])}
</div>`;
}

/** What one service said of a file, or why it said nothing. */
function serviceBlock({ service: { name, host }, send }: RemoteList, { remote, matches, problems, input }: Verdict): string {
  const asked = remote.find((one) => one.name === name);
  const found = matches.filter((match) => match.kind === 'remote' && match.entry.list === name) as RemoteMatch[];
  const known = found.length === 0 ? 'knows nothing of it' : plural(found.length, 'match', 'matches');
  const blocked = matches.some(({ kind, action }) => kind !== 'remote' && action === 'block');
  const notAsked = blocked ? 'not asked, since a list blocks it' : 'not asked';
  const said = !asked ? notAsked : asked.answered ? known : 'no answer';
  return `<div class="match">
<p class="kind">${escaped(name)}: ${said}${asked ? ` <small>(${escaped(askedWith(host, send))})</small>` : ''}</p>
${found.map((match) => remoteFacts(match, input.frameCount)).join('\n')}
${problemItems(problems.filter(({ service }) => service === name))}
</div>`;
}

function askedWith(host: string, sent: keyof typeof SENT_WORDS): string {
  return `${host}, asked with ${SENT_WORDS[sent]}`;
}

function remoteFacts(match: RemoteMatch, frameCount: number | undefined): string {
  const { entry, matchType, distance, details, action } = match;
  const isTelling = details.some((detail) => detail.timestampMs || detail.distance !== undefined);
  const seen = saySeen(match, frameCount);
  return facts([
    ['Match', matchType === 'exact' ? 'exact: this very file' : 'near: something like it'],
    ['Category', entry.category],
    ...(entry.id === entry.category ? [] : [['Entry', entry.id] as [string, string]]),
    ...(distance === undefined ? [] : [['Distance', `${distance} of ${BITS} bits`] as [string, string]]),
    ...(seen.length > 0 ? [['Seen', seen.join(', ')] as [string, string]] : []),
    ...(isTelling ? [['Like', sayDetails(details)] as [string, string]] : []),
    ['Action', action],
  ]);
}

function sayDetails(details: readonly RemoteDetail[]): string {
  const more = details.length - DETAILS_SHOWN;
  return [...details.slice(0, DETAILS_SHOWN).map(sayDetail), ...(more > 0 ? [`and ${grouped(more)} more`] : [])].join('; ');
}

/** As in `csam at 1.5 s, distance 1000`; the measure is the service's own. */
function sayDetail({ classification, timestampMs, distance }: RemoteDetail): string {
  const at = timestampMs ? ` at ${timestampMs / 1000} s` : '';
  return `${classification}${at}${distance === undefined ? '' : `, distance ${distance}`}`;
}

function entryRows({ list, id, category }: EntryRef): [string, string][] {
  return [['List', list], ['Entry', id], ...(category ? [['Category', category] as [string, string]] : [])];
}

function facts(rows: readonly [string, string][]): string {
  return `<dl>${rows.map(([name, value]) => `<div><dt>${name}</dt><dd>${escaped(value)}</dd></div>`).join('')}</dl>`;
}

/** The distance on a scale of 0 to 256 with the threshold marked. Drawn by attributes: the page allows no inline style. */
function bar({ distance, maxDistance }: NearMatch): string {
  return `<svg class="bar" viewBox="0 0 ${BITS} 10" preserveAspectRatio="none" role="img" aria-label="${distance} of ${BITS} bits differ; the threshold is ${maxDistance}">
<rect class="scale" width="${BITS}" height="10"/><rect class="within" width="${maxDistance}" height="10"/><rect class="distance" y="2" width="${Math.max(distance, 1)}" height="6"/><rect class="threshold" x="${maxDistance}" width="1" height="10"/>
</svg>
<p class="scale-text"><span>0 the same</span><span>${BITS / 2} unrelated</span><span>${BITS}</span></p>`;
}

function problemItems(problems: Verdict['problems']): string {
  return problems.length > 0 ? `<ul class="problems">\n${problems.map(problemItem).join('\n')}\n</ul>` : '';
}

function problemItem({ code, message, frame }: Verdict['problems'][number]): string {
  const where = frame === undefined ? '' : `frame ${frame + 1}: `;
  return `<li><code>${escaped(code)}</code> ${escaped(where + message)}</li>`;
}

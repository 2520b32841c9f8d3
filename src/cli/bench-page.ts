import { createHash } from 'node:crypto';
import type { FalsePositives, QueryKind } from '../bench/false-positives.js';
import type { Recall, RecallScope } from '../bench/recall.js';
import type { BenchResults, MatcherResults } from '../bench/results.js';
import type { CurvePoint } from '../bench/thresholds.js';
import { grouped, plural } from '../shield/summary.js';
import { boundedRate, colourOf, legend, precisionPlot, recallBars, rocPlot } from './bench-plots.js';
import { BENCH_STYLE } from './bench-style.js';
import { percent, rate } from './bench-words.js';
import { escaped } from './report-page.js';
import { STYLE } from './report-style.js';

/** What a run was made with, in words. */
export interface BenchSetting {
  readonly made: Date;
  readonly by: string;
  readonly machine: string;
  readonly seed: number;
  readonly limit: number | undefined;
  readonly originals: string;
  readonly distractors: string;
}

/** Rows of the threshold table for each matcher, and of its surest wrong answers (our own choice; the CSV files have all). */
const THRESHOLD_ROWS = 12;
const WRONG_ROWS = 12;

/** The page about a run: self-contained, no script, nothing fetched. */
export function benchPage(results: BenchResults, setting: BenchSetting): string {
  const style = STYLE + BENCH_STYLE;
  const { counts, attacks, matchers } = results;
  const families = [...new Set(attacks.map(({ family }) => family))];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Edited copies: what is found</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>Edited copies: what is found</h1>
<p class="lead">${plural(counts.attacked, 'original', 'originals')}, ${plural(attacks.length, 'attack', 'attacks')} on each, looked up among ${grouped(counts.bank)} pictures by ${plural(matchers.length, 'matcher', 'matchers')}. An edited copy is found if the answer names its own original.</p>
${settingList(results, setting)}
</header>
<main>
${section('Summary', 'at the setting that each matcher recommends', summaryTable(results))}
${section('By family', 'bars end at the share found; the line is its 95 % interval', `${legend(matchers)}${familyBars(families, matchers)}`)}
${section('Trade-off', 'every threshold; the dot is the setting in the summary', tradeOff(matchers))}
${section('Every attack', 'share of copies found', heatTable(results, families))}
${families.map((family) => attackBars(family, results)).join('\n')}
${section('Thresholds', 'what each matcher would do if everything from a score on were a match', matchers.map(thresholdTable).join('\n'), false)}
${section('False positives', 'answers that name an unrelated picture', `${falsePositiveTable(matchers)}${trapTable(results)}${wrongTable(matchers)}`)}
${galleryOf(results)}
${troubles(results)}
${section('How to read this', '', HOW_TO_READ)}
</main>
</body>
</html>
`;
}

function section(title: string, note: string, body: string, card = true): string {
  return `<section><h2>${title} <small>${note}</small></h2>${card ? `<div class="card">${body}</div>` : body}</section>`;
}

function settingList({ counts, matchers }: BenchResults, { made, by, machine, seed, limit, originals, distractors }: BenchSetting): string {
  const rows: [string, string][] = [
    [
      'Originals',
      `${escaped(originals)}<br>${grouped(counts.originals)} in the bank, ${grouped(counts.attacked)} attacked${limit === undefined ? '' : ' (limited)'}`,
    ],
    [
      'Distractors',
      `${escaped(distractors)}<br>${grouped(counts.distractors)} in the bank, ${grouped(counts.neighbours)} kept out of it for collages`,
    ],
    ['Known related pairs', `${grouped(counts.relatedPairs)}, counted apart`],
    ['Matchers', matchers.map(({ name, version }) => `${escaped(name)} ${escaped(version)}`).join('<br>')],
    ['Made', `<time datetime="${made.toISOString()}">${made.toISOString().slice(0, 16).replace('T', ' ')} UTC</time>, seed ${seed}`],
    ['By', `${escaped(by)}<br>${escaped(machine)}`],
  ];
  return `<dl class="setting">${rows.map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`).join('')}</dl>`;
}

function summaryTable({ matchers }: BenchResults): string {
  const scopes: readonly [RecallScope, string][] = [
    ['visible', 'found: a third or more visible'],
    ['crop-or-mask', 'found: cropped or masked'],
    ['all', 'found: all attacks'],
  ];
  const bests = scopes.map(([scope]) => Math.max(...matchers.map(({ recall }) => recallOf(recall, scope)?.value ?? 0)));
  const rows = matchers.map((matcher, i) => {
    const { name, setting, calibratedAt, recall, falsePositives, medianMs, p95Ms } = matcher;
    const { count, pairs, upper } = falsePositivesOf(falsePositives, 'all') as FalsePositives;
    const shares = scopes.map(([scope], j) => shareCell(recallOf(recall, scope), bests[j] as number));
    const region = recallOf(recall, 'all')?.regionError;
    const at = calibratedAt === undefined ? '' : `; here a score of ${Number.isFinite(calibratedAt) ? calibratedAt : 'none'}`;
    return `<tr><td class="wrap"><span class="dot ${colourOf(i)}"></span><b>${escaped(name)}</b><small>${escaped(setting)}${at}</small></td>${shares.join('')}<td>${boundedRate(count, pairs, upper)}</td><td>${region === undefined ? '–' : `${region.toFixed(1)} px`}</td><td>${milliseconds(medianMs)}<small>95 %: ${milliseconds(p95Ms)}</small></td></tr>`;
  });
  return `<div class="wide"><table class="summary-table"><thead><tr><th>Matcher and its setting</th>${scopes.map(([, title]) => `<th>${title}</th>`).join('')}<th>false positives</th><th>region error</th><th>time a query</th></tr></thead><tbody>${rows.join('\n')}</tbody></table></div>`;
}

function shareCell(found: Recall | undefined, best: number): string {
  if (!found) return '<td>–</td>';
  const interval = `${(100 * found.low).toFixed(1)} – ${percent(found.high)}`;
  return `<td${found.value > 0 && found.value === best ? ' class="best"' : ''}>${percent(found.value)}<small>${interval}</small><small>of ${grouped(found.n)}</small></td>`;
}

function milliseconds(ms: number | undefined): string {
  return ms === undefined ? '–' : `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

function recallOf(recall: readonly Recall[], scope: RecallScope, name = ''): Recall | undefined {
  return recall.find((row) => row.scope === scope && row.name === name);
}

/** Of all tiers together. */
function falsePositivesOf(rows: readonly FalsePositives[], queries: QueryKind): FalsePositives | undefined {
  return rows.find((row) => row.queries === queries && row.tier === '');
}

function familyBars(families: readonly string[], matchers: readonly MatcherResults[]): string {
  return recallBars(
    'Share found by family of attacks',
    families,
    matchers.map(({ recall }) => recall.filter(({ scope }) => scope === 'family')),
  );
}

function tradeOff(matchers: readonly MatcherResults[]): string {
  return `${legend(matchers)}<div class="plots">${rocPlot(matchers)}${precisionPlot(matchers)}</div>`;
}

function heatTable({ attacks, matchers, visible }: BenchResults, families: readonly string[]): string {
  const groups = families.map((family) => {
    const rows = attacks
      .filter((attack) => attack.family === family)
      .map(({ id }) => {
        const cells = matchers.map(({ recall }) => heatCell(recallOf(recall, 'attack', id)));
        return `<tr><td>${escaped(id)}</td><td>${visible[id] === undefined ? '–' : percent(visible[id])}</td>${cells.join('')}</tr>`;
      });
    const means = matchers.map(({ recall }) => heatCell(recallOf(recall, 'family', family)));
    return `<tbody><tr><th scope="rowgroup">${escaped(family)}</th><td></td>${means.join('')}</tr>${rows.join('\n')}</tbody>`;
  });
  const heads = matchers.map(({ name }) => `<th>${escaped(name)}</th>`).join('');
  return `<div class="wide"><table class="heat"><thead><tr><th>Attack</th><th>visible</th>${heads}</tr></thead>${groups.join('\n')}</table></div>`;
}

function heatCell(found: Recall | undefined): string {
  if (!found) return '<td>–</td>';
  return `<td class="h${Math.round(10 * found.value)}" title="${found.found} of ${found.n}; ${percent(found.low)} to ${percent(found.high)}">${(100 * found.value).toFixed(0)}</td>`;
}

function attackBars(family: string, { attacks, matchers }: BenchResults): string {
  const ids = attacks.filter((attack) => attack.family === family).map(({ id }) => id);
  const bars = recallBars(
    `Share found by attack of the family ${family}`,
    ids,
    matchers.map(({ recall }) => recall.filter(({ scope }) => scope === 'attack')),
  );
  return `<details class="card"><summary>${escaped(family)}: ${plural(ids.length, 'attack', 'attacks')} with intervals</summary>${legend(matchers)}${bars}</details>`;
}

function thresholdTable({ name, curve, recall, falsePositives }: MatcherResults, place: number): string {
  if (curve.length === 0) return `<div class="card"><p class="note">${escaped(name)} answered nothing.</p></div>`;
  const count = Math.min(THRESHOLD_ROWS, curve.length);
  const rows = Array.from({ length: count }, (_, i) => curve[Math.round((i * (curve.length - 1)) / Math.max(1, count - 1))] as CurvePoint);
  const wrong = falsePositivesOf(falsePositives, 'all')?.count ?? 0;
  const found = recallOf(recall, 'all')?.value ?? 0;
  // The last point that finds and errs no more than the setting in the summary does.
  const on = rows.findLast((point) => point.recall <= found && point.falsePositives <= wrong);
  const lines = rows.map(
    (point) =>
      `<tr${point === on ? ' class="on"' : ''}><td>${point.threshold}</td><td>${percent(point.recall)}</td><td>${percent(point.recallVisible)}</td><td>${grouped(point.falsePositives)}</td><td>${rate(point.falsePositiveRate)}</td><td>${rate(point.upper)}</td><td>${percent(point.precision)}</td></tr>`,
  );
  return `<div class="card wide"><table><caption><span class="dot ${colourOf(place)}"></span>${escaped(name)}</caption><thead><tr><th>score from</th><th>found, all</th><th>found, a third visible</th><th>false positives</th><th>a pair</th><th>at most (95 %)</th><th>precision</th></tr></thead><tbody>${lines.join('\n')}</tbody></table></div>`;
}

function falsePositiveTable(matchers: readonly MatcherResults[]): string {
  const kinds = [
    ['all', 'all queries'],
    ['attacked', 'edited copies'],
    ['unedited', 'distractors as they are'],
    ['traps', 'traps'],
  ] as const;
  const rows = matchers.flatMap(({ name, falsePositives }, i) =>
    kinds.flatMap(([kind, words]) =>
      falsePositives
        .filter(({ queries }) => queries === kind)
        .map(
          ({ tier, count, pairs, upper }) =>
            `<tr><td><span class="dot ${colourOf(i)}"></span>${escaped(name)}</td><td class="text">${words}</td><td class="text">${tier === '' ? 'any' : escaped(tier)}</td><td>${grouped(count)}</td><td>${rate(pairs)}</td><td>${pairs === 0 ? '–' : rate(upper)}</td></tr>`,
        ),
    ),
  );
  return `<div class="wide"><table><thead><tr><th>Matcher</th><th class="text">queries</th><th class="text">tier</th><th>count</th><th>pairs</th><th>a pair, at most (95 %)</th></tr></thead><tbody>${rows.join('\n')}</tbody></table></div>`;
}

function trapTable({ matchers, traps, counts }: BenchResults): string {
  if (traps.length === 0) return '';
  const rows = traps.map((trap) => {
    const cells = matchers.map(({ falsePositives }) => {
      const row = falsePositivesOf(falsePositives, trap);
      return row ? `<td>${grouped(row.count)}<small>of ${rate(row.pairs)}</small></td>` : '<td>–</td>';
    });
    return `<tr><td>${escaped(trap)}</td>${cells.join('')}</tr>`;
  });
  const heads = matchers.map(({ name }) => `<th>${escaped(name)}</th>`).join('');
  const words = `Each original and ${plural(counts.trapped, 'distractor', 'distractors')} went through the same edit: the same emoji, screen, caption, grid or watermark. They are different pictures and must not match for that. Pairs that are named:`;
  return `<h3 class="part">Different pictures in the same trap</h3><p class="note">${words}</p><div class="wide"><table><thead><tr><th>Trap</th>${heads}</tr></thead><tbody>${rows.join('\n')}</tbody></table></div>`;
}

function wrongTable(matchers: readonly MatcherResults[]): string {
  const rows = matchers.flatMap(({ name, wrongPairs }, i) =>
    wrongPairs
      .slice(0, WRONG_ROWS)
      .map(
        ({ query, attack, id, score, tier }) =>
          `<tr><td><span class="dot ${colourOf(i)}"></span>${escaped(name)}</td><td class="text wrap">${escaped(query)}<small>${escaped(attack || 'as it is')}</small></td><td class="text wrap">${escaped(id)}</td><td>${score}${tier ? `<small>${escaped(tier)}</small>` : ''}</td></tr>`,
      ),
  );
  if (rows.length === 0) return '<p class="note">No unrelated picture was named.</p>';
  return `<h3 class="part">The surest wrong answers</h3><p class="note">Look at them before you publish: a pair that does show the same picture belongs into the file of related pairs. All are in false-positive-pairs.csv.</p><div class="wide"><table><thead><tr><th>Matcher</th><th class="text">query</th><th class="text">named</th><th>score</th></tr></thead><tbody>${rows.join('\n')}</tbody></table></div>`;
}

function galleryOf({ attacks, thumbnails }: BenchResults): string {
  const items = attacks.flatMap(({ id, family, source }) =>
    thumbnails[id] === undefined
      ? []
      : [
          `<li><img alt="${escaped(id)}" src="data:image/jpeg;base64,${thumbnails[id]}"><b>${escaped(id)}</b><small>${escaped(family)}; ${escaped(source)}</small></li>`,
        ],
  );
  return items.length === 0 ? '' : section('The attacks', 'on one original', `<ul class="gallery">${items.join('\n')}</ul>`);
}

function troubles({ broken, withoutReference, failedAttacks, matchers }: BenchResults): string {
  const lines = [
    ...broken.map(({ id, reason }) => `${escaped(id)} was left out: ${escaped(reason)}`),
    ...withoutReference.map(({ id, matcher, reason }) => `${escaped(matcher)} keeps nothing of ${escaped(id)}: ${escaped(reason)}`),
    ...failedAttacks.map(({ id, attack, reason }) => `${escaped(attack)} could not be made of ${escaped(id)}: ${escaped(reason)}`),
    ...matchers.flatMap(({ name, failedQueries }) =>
      failedQueries > 0 ? [`${escaped(name)} failed at ${plural(failedQueries, 'query', 'queries')}, counted as not found`] : [],
    ),
  ];
  return lines.length === 0
    ? ''
    : section('What was left out', '', `<ul class="words">${lines.map((line) => `<li>${line}</li>`).join('\n')}</ul>`);
}

const HOW_TO_READ = `<ul class="words">
<li><b>Found</b>: the answers to an edited copy name its own original, at the matcher's own setting. <b>Recall</b> is the share that is found.</li>
<li><b>A third or more visible</b>: copies that hide more than two thirds of the original are left out, since nobody may know them again.</li>
<li><b>Intervals</b> are Wilson's at 95 %. Copies of one original hang together, so where several attacks are taken together the interval is that of the effective number of independent copies (design effect over originals), not of all of them.</li>
<li><b>False positive</b>: an answer that names a picture other than the original. Pairs are queries times the pictures in the bank that the query is no copy of; pictures that are known to be related are neither right nor wrong. The bound is 3 / n where none was seen and Clopper and Pearson's otherwise, one-sided at 95 %; it speaks of pictures like these, taken as independent.</li>
<li><b>Traps</b> are counted apart from all other figures: originals that are compared only with other pictures that went through the same edit.</li>
<li><b>Region error</b>: the median distance, over a grid of points that the copy still shows, between where the matcher says that a point of the copy lies in the original and where it does, in pixels of an original with a longer side of 640. Only where both are known.</li>
<li><b>Time a query</b>: decoding, hashing and searching together, with every core at work on other pictures; compare within this page alone.</li>
<li><b>Calibrated</b>: where nobody recommends a threshold, it is the lowest score at which the matcher is wrong about the unedited distractors no more often than PDQ is at its own setting.</li>
<li>Every matcher was given the same files. All of sharp-phash, imghash and blockhash had the same decoded pixels.</li>
</ul>`;

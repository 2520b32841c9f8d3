import { createHash } from 'node:crypto';
import type { Size } from '../patch/geometry.js';
import type { CellMap, CellState } from '../patch/patch-match.js';
import type { PictureMap } from '../patch/picture-map.js';
import { LABEL_WORDS } from '../shield/summary.js';
import { definitions, jpegUrl, mapDrawing, pairDrawings } from './compare-drawing.js';
import { figuresTable } from './compare-figures.js';
import { type PatchFinding, PROTECTION_WORDS, TIER_WORDS } from './compare-patches.js';
import { COMPARE_STYLE } from './compare-style.js';
import { escaped } from './report-page.js';

/** One of the two pictures, as the page shows it. */
export interface Side {
  readonly file: string;
  /** `900 x 720 jpeg`. */
  readonly facts: string;
  /** Upright, pixels. */
  readonly size: Size;
  readonly jpeg: Uint8Array;
}

/** Everything that the page tells. */
export interface Comparison {
  readonly a: Side;
  readonly b: Side;
  readonly finding: PatchFinding;
  /** Of a match. */
  readonly map: { readonly picture: PictureMap; readonly aligned: Uint8Array; readonly reference: Uint8Array } | undefined;
  /** What PDQ says. */
  readonly pdq: string;
  readonly clear: boolean;
  readonly made: Date;
  /** Version, backend and kernel, in words. */
  readonly by: string;
}

const STATE_WORDS: Readonly<Record<CellState, string>> = { same: 'the same', different: 'different', 'not-visible': 'outside A' };
/** A record's map has no cells that are too plain, either. */
const BANK_WORDS: Readonly<Record<CellState, string>> = { ...STATE_WORDS, 'not-visible': 'outside A, or too plain to tell' };

/** The whole page: no script, nothing fetched. */
export function comparePage(comparison: Comparison): string {
  const { a, b, finding, map } = comparison;
  const title = finding.match ? `Comparison: ${finding.match.tier}` : 'Comparison: no match';
  const styleHash = createHash('sha256').update(COMPARE_STYLE).digest('base64');
  const pictures = [
    { id: 'picture-a', jpeg: a.jpeg, size: a.size },
    { id: 'picture-b', jpeg: b.jpeg, size: b.size },
    ...(map ? [{ id: 'picture-frame', jpeg: map.reference, size: b.size }] : []),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${COMPARE_STYLE}</style>
</head>
<body>
${definitions(pictures)}
<header>
<h1>Does A show B?</h1>
${verdict(comparison)}
${comparison.clear ? '<p class="warning">The pictures are shown as they are. Whoever opens this file sees them: keep it as you would keep the pictures.</p>' : ''}
</header>
<main>
<section>
${pairDrawings({ a: a.size, b: b.size, match: finding.match })}
<dl class="names"><dt>A</dt><dd>${escaped(a.file)} <small>${escaped(a.facts)}</small></dd><dt>B</dt><dd>${escaped(b.file)} <small>${escaped(b.facts)}</small></dd></dl>
${finding.match ? '<p class="note">Outlined: the part of A that lies on B, and the part of B that A frames. Each line joins a detail of A and the same detail of B; at most the 80 most alike are drawn.</p>' : ''}
</section>
${map ? views(comparison, map) : ''}
<section>
<h2>Figures</h2>
${figuresTable(comparison)}
</section>
</main>
<footer>
<p>A match says that pictures show the same, and how surely. It does not say what a picture is: people decide.${comparison.clear ? '' : ' Pictures are grey and blurred, made from at most 24 pixels a side; the option --clear shows them as they are.'}</p>
</footer>
</body>
</html>
`;
}

function verdict({ finding, pdq }: Comparison): string {
  const { match, protection } = finding;
  if (match === undefined)
    return `<div class="verdict"><span class="badge no-match">no match</span><div><p class="says">Patches find nothing of B in A.</p>
<p class="more">${PROTECTION_WORDS[protection] ? `${PROTECTION_WORDS[protection]}. ` : ''}${escaped(pdq)}</p></div></div>`;
  const doubt = match.label ? ` Doubtful: ${LABEL_WORDS[match.label]}.` : '';
  return `<div class="verdict"><span class="badge ${match.tier}">${match.tier}</span><div><p class="says">A shows B: ${escaped(match.description)}.</p>
<p class="more">${TIER_WORDS[match.tier]}.${doubt}</p></div></div>`;
}

function views({ b, finding }: Comparison, { picture, aligned, reference }: NonNullable<Comparison['map']>): string {
  const bank = finding.match?.map;
  return `<div class="columns">
<section>
<h2>What is the same</h2>
${mapDrawing(picture, b.size, 'picture-frame', `B in cells: ${shares(picture)}`)}
${legend(picture)}
<p class="note">B, with A laid onto it.</p>
</section>
<section>
<h2>One upon the other</h2>
<div class="viewer">
<div class="blink"><div class="layer"><img alt="B" src="${jpegUrl(reference)}"><span>B</span></div><div class="layer over"><img alt="A laid onto B" src="${jpegUrl(aligned)}"><span>A on B</span></div></div>
<div class="choices"><label><input type="radio" name="view" checked> both by turns</label><label><input type="radio" name="view" id="only-a"> A on B</label><label><input type="radio" name="view" id="only-b"> B</label><label class="moves"><input type="checkbox" id="pause"> pause</label></div>
</div>
<p class="note">A is laid onto B, its brightness and contrast fitted to B's. What jumps is changed.</p>
</section>
</div>
${bank ? `<section class="bank">\n<h2>What a bank tells without a picture</h2>\n${mapDrawing(bank, b.size, undefined, `B in cells, from its record: ${shares(bank, BANK_WORDS)}`)}\n${legend(bank, BANK_WORDS)}\n<p class="note">From the record of B alone, some 6 KB: so much can be shown where only a bank is at hand.</p>\n</section>` : ''}`;
}

function legend(map: CellMap, words = STATE_WORDS): string {
  const items = (['same', 'different', 'not-visible'] as const).map(
    (state) =>
      `<li><svg aria-hidden="true"><rect class="${state}" width="100%" height="100%"/></svg>${words[state]}: ${percent(map, state)}</li>`,
  );
  return `<ul class="legend">${items.join('')}</ul>`;
}

function shares(map: CellMap, words = STATE_WORDS): string {
  return (['same', 'different', 'not-visible'] as const).map((state) => `${percent(map, state)} ${words[state]}`).join(', ');
}

function percent({ cells }: CellMap, state: CellState): string {
  return `${Math.round((100 * cells.filter((cell) => cell === state).length) / cells.length)} %`;
}

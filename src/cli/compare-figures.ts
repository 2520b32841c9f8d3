import type { Homography } from '../patch/geometry.js';
import type { PatchMatch } from '../patch/patch-match.js';
import type { PictureMap } from '../patch/picture-map.js';
import type { Comparison } from './compare-page.js';
import { TIER_WORDS } from './compare-patches.js';
import { escaped } from './report-page.js';

/** A figure: its name, its value, and what it means. */
type Row = readonly [name: string, value: string, meaning?: string];

/** The figures of a comparison, and how they were made. */
export function figuresTable({ finding, map, pdq, made, by }: Comparison): string {
  const { match, lookedAt, features } = finding;
  const rows: Row[] = [
    ...(match ? matchRows(match) : [['Patches', 'no match'] as const]),
    ...(map ? mapRows(map.picture) : []),
    ['PDQ', pdq],
    ['Features', `${features[0]} of A, ${features[1]} of B`, `A was looked at ${lookedAt}`],
    ['Made', `${made.toISOString().slice(0, 16).replace('T', ' ')} UTC`, by],
  ];
  const cells = rows.map(
    ([name, value, meaning]) =>
      `<tr><th scope="row">${name}</th><td>${escaped(value)}${meaning ? `<small>${escaped(meaning)}</small>` : ''}</td></tr>`,
  );
  return `<table>\n${cells.join('\n')}\n</table>`;
}

function matchRows(match: PatchMatch): Row[] {
  const { tier, inliers, distinctive, tentative, log10FalseAlarms, agreement, score, visible, share } = match;
  return [
    ['Tier', tier, TIER_WORDS[tier]],
    [
      'Distinctive features',
      `${distinctive} of ${inliers} that agree`,
      `${tentative} of A resemble some of B; distinctive ones resemble nothing else`,
    ],
    ['Expected by chance', sayFalseAlarms(log10FalseAlarms), 'agreements like this one, if features had nothing to do with each other'],
    ...(agreement === undefined
      ? []
      : [['Agreement with the record', percent(agreement), 'of what B should show there, coarsely'] as const]),
    ['B framed by A', percent(visible), 'covered or not'],
    ['A taken by B', percent(share)],
    ['Score', `${score} of 100`, 'to sort by; no probability'],
    ['How B became A', match.description, sayTransform(match)],
    ['From A to B, pixels', matrixWords(match.toReference), `${match.model}, row by row; pixel centres at 0.5`],
  ];
}

function mapRows({ agreement, gain, offset, cells, columns, rows }: PictureMap): Row[] {
  const three = (values: readonly number[], digits: number): string => values.map((value) => signed(value, digits)).join(', ');
  const visible = cells.filter((cell) => cell !== 'not-visible').length;
  return [
    ['Agreement of the pictures', percent(agreement), `of ${visible} cells that A reaches, out of ${columns} x ${rows} on B`],
    ['Colours', `times ${three(gain, 2)}; plus ${three(offset, 0)}`, 'red, green, blue of A, to look like B; levels of 255'],
  ];
}

function sayTransform({ copy: { mirrored, negative, rotation, scale, stretch, slant, perspective } }: PatchMatch): string {
  return [
    mirrored ? 'mirrored left to right' : 'not mirrored',
    `rotated ${signed(rotation, 1)}° clockwise`,
    `scaled ${scale.toPrecision(3)} times`,
    `width to height ${stretch.toFixed(2)} times`,
    `slanted ${signed(slant, 1)}°`,
    ...(perspective ? ['seen at an angle'] : []),
    ...(negative ? ['light and dark swapped'] : []),
  ].join(', ');
}

/** With so many digits, and no minus before zero. */
function signed(value: number, digits: number): string {
  return value.toFixed(digits).replace(/^-(0(\.0*)?)$/, '$1');
}

/** `fewer than one in a million`, for what would be a long number. */
export function sayFalseAlarms(log10: number): string {
  const power = `10^${Math.round(log10)}`;
  if (log10 <= -12) return `fewer than one in a million million (${power})`;
  if (log10 <= -9) return `fewer than one in a thousand million (${power})`;
  if (log10 <= -6) return `fewer than one in a million (${power})`;
  if (log10 <= -3) return `fewer than one in a thousand (${power})`;
  return log10 <= 0 ? `one in ${Math.round(10 ** -log10)}` : `${Math.round(10 ** log10)}: chance may be all it is`;
}

function matrixWords(matrix: Homography): string {
  const number = (value: number): string => (value === 0 ? '0' : String(Number(value.toPrecision(4))));
  return [0, 3, 6]
    .map((at) =>
      matrix
        .slice(at, at + 3)
        .map(number)
        .join('  '),
    )
    .join(' | ');
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

import type { Recall } from '../bench/recall.js';
import type { MatcherResults } from '../bench/results.js';
import { percent, rate } from './bench-words.js';
import { escaped } from './report-page.js';

/** Pixels of a row of bars for each matcher, of what divides rows, and of the texts left of them. */
const BAR = { height: 9, gap: 9, left: 190, right: 62, width: 900 };
/** Pixels of a plot with two axes. */
const PLOT = { width: 520, height: 360, left: 64, right: 22, top: 34, bottom: 46 };

/** Which of the eight colours a matcher has. */
export function colourOf(place: number): string {
  return `m${place % 8}`;
}

/** The names of matchers beside their colours. */
export function legend(matchers: readonly MatcherResults[]): string {
  return `<ul class="legend">${matchers.map(({ name }, i) => `<li><span class="dot ${colourOf(i)}"></span>${escaped(name)}</li>`).join('')}</ul>`;
}

/** One group of bars for each name, one bar for each matcher, with 95 % intervals. */
export function recallBars(title: string, names: readonly string[], matchers: readonly (readonly Recall[])[]): string {
  const group = BAR.height * matchers.length + BAR.gap;
  const height = names.length * group + 28;
  const scale = (share: number) => BAR.left + share * (BAR.width - BAR.left - BAR.right);
  const lines = [0, 0.25, 0.5, 0.75, 1].map(
    (share) =>
      `<line class="grid" x1="${scale(share)}" x2="${scale(share)}" y1="4" y2="${height - 22}"/><text class="middle" x="${scale(share)}" y="${height - 8}">${100 * share} %</text>`,
  );
  const bars = names.map((name, row) => {
    const top = 8 + row * group;
    const middle = top + (BAR.height * matchers.length) / 2;
    const each = matchers.map((recall, i) => {
      const found = recall.find((candidate) => candidate.name === name);
      return found ? bar(found, i, top + i * BAR.height, scale) : '';
    });
    return `<text class="name end" x="${BAR.left - 8}" y="${middle + 4}">${escaped(name)}</text>${each.join('')}`;
  });
  return `<svg class="plot" viewBox="0 0 ${BAR.width} ${height}" role="img" aria-label="${escaped(title)}">${lines.join('')}${bars.join('\n')}</svg>`;
}

function bar({ value, low, high, n }: Recall, place: number, y: number, scale: (share: number) => number): string {
  const [middle, thick] = [y + BAR.height / 2, BAR.height - 1.5];
  return `<g class="${colourOf(place)}"><title>${percent(value)} of ${n} (${percent(low)} to ${percent(high)})</title>
<rect class="fill" x="${scale(0)}" y="${y}" width="${px(scale(value) - scale(0))}" height="${thick}"/><path class="whisker" fill="none" d="M${px(scale(low))} ${middle}H${px(scale(high))}M${px(scale(low))} ${y + 1.5}v${thick - 3}M${px(scale(high))} ${y + 1.5}v${thick - 3}"/></g>`;
}

/** Recall against the share of unrelated pairs that are named; a dot at each matcher's own setting. */
export function rocPlot(matchers: readonly MatcherResults[]): string {
  const rates = matchers.flatMap(({ curve }) => curve.map(({ falsePositiveRate }) => falsePositiveRate)).filter((value) => value > 0);
  const lowest = Math.floor(Math.log10(Math.min(1e-3, ...rates))) - 1;
  const [x, y] = axes();
  // The leftmost line stands for none at all.
  const place = (value: number) => x(value === 0 ? 0 : Math.max(0, (Math.log10(value) - lowest) / -lowest));
  const ticks = Array.from({ length: -lowest + 1 }, (_, i) => ({
    at: x(i / -lowest),
    text: i === 0 ? '0' : i === -lowest ? '1' : `1e${lowest + i}`,
  }));
  const lines = matchers.map((matcher, i) => {
    // Steps: between two thresholds that were seen nothing is known, so the recall of the stricter one holds.
    const steps = matcher.curve.map((point) => `H${px(place(point.falsePositiveRate))}V${px(y(point.recall))}`);
    const own = ownSetting(matcher);
    const dot = own ? `<circle class="at" cx="${px(place(own.falsePositiveRate))}" cy="${px(y(own.recall))}" r="5"/>` : '';
    return { curve: coloured(i, `<path class="curve" d="M${px(x(0))} ${px(y(0))}${steps.join('')}"/>`), dot: coloured(i, dot) };
  });
  return frame('Recall against false positives', ticks, 'unrelated pairs that are named, as a share (logarithmic)', 'recall', lines);
}

/** Precision against recall; a dot at each matcher's own setting. */
export function precisionPlot(matchers: readonly MatcherResults[]): string {
  const [x, y] = axes();
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => ({ at: x(share), text: `${100 * share} %` }));
  const lines = matchers.map((matcher, i) => {
    const points = matcher.curve.map((point) => `${px(x(point.recall))} ${px(y(point.precision))}`);
    const own = ownSetting(matcher);
    const dot = own?.precision === undefined ? '' : `<circle class="at" cx="${px(x(own.recall))}" cy="${px(y(own.precision))}" r="5"/>`;
    const curve = points.length > 0 ? `<path class="curve" d="M${points.join('L')}"/>` : '';
    return { curve: coloured(i, curve), dot: coloured(i, dot) };
  });
  return frame('Precision against recall', ticks, 'recall', 'precision', lines);
}

/** One matcher in a plot. Dots are drawn after all curves, so that none is hidden. */
interface Line {
  readonly curve: string;
  readonly dot: string;
}

function coloured(place: number, drawn: string): string {
  return `<g class="${colourOf(place)}">${drawn}</g>`;
}

/** Where a matcher stands at the setting in the summary; no precision if it named nothing. */
function ownSetting({ recall, falsePositives }: MatcherResults) {
  const wrong = falsePositives.find(({ queries, tier }) => queries === 'all' && tier === '');
  const right = recall.find(({ scope }) => scope === 'all');
  if (!wrong || !right) return undefined;
  const named = right.found + wrong.count;
  return {
    recall: right.value,
    falsePositiveRate: wrong.count / Math.max(1, wrong.pairs),
    precision: named === 0 ? undefined : right.found / named,
  };
}

function axes(): [(share: number) => number, (share: number) => number] {
  return [
    (share) => PLOT.left + share * (PLOT.width - PLOT.left - PLOT.right),
    (share) => PLOT.height - PLOT.bottom - share * (PLOT.height - PLOT.top - PLOT.bottom),
  ];
}

function frame(
  title: string,
  ticks: readonly { readonly at: number; readonly text: string }[],
  below: string,
  beside: string,
  lines: readonly Line[],
): string {
  const [x, y] = axes();
  const across = [0, 0.25, 0.5, 0.75, 1].map(
    (share) =>
      `<line class="grid" x1="${x(0)}" x2="${x(1)}" y1="${y(share)}" y2="${y(share)}"/><text class="end" x="${x(0) - 6}" y="${y(share) + 4}">${100 * share} %</text>`,
  );
  const up = ticks.map(
    ({ at, text }) =>
      `<line class="grid" x1="${px(at)}" x2="${px(at)}" y1="${y(0)}" y2="${y(1)}"/><text class="middle" x="${px(at)}" y="${y(0) + 16}">${text}</text>`,
  );
  return `<svg class="plot" viewBox="0 0 ${PLOT.width} ${PLOT.height}" role="img" aria-label="${title}">
<text class="title" x="${x(0)}" y="16">${title}</text>${across.join('')}${up.join('')}
<path class="axis" fill="none" d="M${x(0)} ${y(1)}V${y(0)}H${x(1)}"/><text class="middle" x="${(x(0) + x(1)) / 2}" y="${PLOT.height - 8}">${below}</text><text class="middle" transform="rotate(-90)" x="${-(y(0) + y(1)) / 2}" y="11">${beside}</text>
${lines.map(({ curve }) => curve).join('\n')}${lines.map(({ dot }) => dot).join('')}</svg>`;
}

/** Tenths of a pixel are enough. */
function px(value: number): string {
  return String(Math.round(10 * value) / 10);
}

/** A rate with its upper bound, as cells show it. */
export function boundedRate(count: number, pairs: number, upper: number): string {
  return `${count}<small>of ${rate(pairs)} pairs</small><small>at most ${rate(upper)}</small>`;
}

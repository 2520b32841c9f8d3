// Plots of how the time of a search grows, as SVG without any dependency: `growthPlots` makes them of the figures of
// native/search_bench.cpp, for docs/. They follow the reader's light or dark colours.

const WIDTH = 820;
const HEIGHT = 520;
/** The area of the curves; above it the title and the legend, left and below the labels. */
const AREA = { left: 84, right: 772, top: 112, bottom: 440 };

const STYLE = `
  .card { fill: #ffffff; stroke: #d8dee4 }
  text { fill: #1f2328; font: 13px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif }
  .title { font-size: 16px; font-weight: 600 }
  .tick, .note { fill: #59636e; font-size: 12px }
  .grid { stroke: #d8dee4; stroke-width: 1 }
  .fine { stroke: #eef1f4; stroke-width: 1 }
  .axis { stroke: #818b98; stroke-width: 1 }
  .curve { fill: none; stroke-width: 2.5; stroke-linejoin: round; stroke-linecap: round }
  .blue { stroke: #0969da } .orange { stroke: #d1570b } .green { stroke: #1a7f37 } .grey { stroke: #6e7781 }
  circle.blue { fill: #0969da } circle.orange { fill: #d1570b } circle.green { fill: #1a7f37 } circle.grey { fill: #6e7781 }
  circle { stroke-width: 0 }
  @media (prefers-color-scheme: dark) {
    .card { fill: #0d1117; stroke: #3d444d }
    text { fill: #f0f6fc }
    .tick, .note { fill: #9198a1 }
    .grid { stroke: #2f353d }
    .fine { stroke: #1b2027 }
    .axis { stroke: #656c76 }
    .blue { stroke: #58a6ff } .orange { stroke: #f0883e } .green { stroke: #3fb950 } .grey { stroke: #9198a1 }
    circle.blue { fill: #58a6ff } circle.orange { fill: #f0883e } circle.green { fill: #3fb950 } circle.grey { fill: #9198a1 }
  }`;

const DASHES = { solid: 'none', dashed: '8 5', dotted: '1 5' };

const round = (value) => Math.round(value * 10) / 10;
const time = (us) => (us >= 1e6 ? `${us / 1e6} s` : us >= 1000 ? `${us / 1000} ms` : `${us} µs`);
const NAMES = { 1e3: '1 thousand', 1e4: '10 thousand', 1e5: '100 thousand', 1e6: '1 million', 1e7: '10 million', 1e8: '100 million' };
const hashes = (count) => NAMES[count] ?? count.toLocaleString('en');

const logarithm = ([from, to], [start, end]) => {
  const slope = (end - start) / (Math.log10(to) - Math.log10(from));
  return (value) => start + slope * (Math.log10(value) - Math.log10(from));
};
const straight = ([from, to], [start, end]) => {
  const slope = (end - start) / (to - from);
  return (value) => start + slope * (value - from);
};
/** The powers of ten around all values. */
function decades(values) {
  const from = Math.floor(Math.log10(Math.min(...values)));
  const to = Math.ceil(Math.log10(Math.max(...values)));
  return Array.from({ length: to - from + 1 }, (_, i) => Number(`1e${from + i}`));
}

const line = (x1, y1, x2, y2, kind) => `<line class="${kind}" x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}"/>`;
const text = (x, y, words, kind, anchor = 'start') =>
  `<text class="${kind}" x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${words}</text>`;

/** Curves with time on a logarithmic axis. `x`: label, ticks, name of a tick, logarithmic or not. `curves`: name, colour, dash, points. */
function plot({ title, note, x, curves }) {
  const yTicks = decades(curves.flatMap(({ points }) => points.map(([, us]) => us)));
  const toY = logarithm([yTicks[0], yTicks.at(-1)], [AREA.bottom, AREA.top]);
  const toX = (x.logarithmic ? logarithm : straight)([x.ticks[0], x.ticks.at(-1)], [AREA.left, AREA.right]);
  const parts = [text(24, 34, title, 'title'), ...legend(curves)];
  for (const tick of yTicks.slice(0, -1))
    for (let i = 2; i < 10; ++i) parts.push(line(AREA.left, toY(i * tick), AREA.right, toY(i * tick), 'fine'));
  for (const tick of yTicks) {
    parts.push(line(AREA.left, toY(tick), AREA.right, toY(tick), 'grid'));
    parts.push(text(AREA.left - 10, toY(tick) + 4, time(tick), 'tick', 'end'));
  }
  for (const tick of x.ticks) {
    parts.push(line(toX(tick), AREA.top, toX(tick), AREA.bottom, 'grid'));
    parts.push(text(toX(tick), AREA.bottom + 20, x.name(tick), 'tick', 'middle'));
  }
  parts.push(line(AREA.left, AREA.bottom, AREA.right, AREA.bottom, 'axis'), line(AREA.left, AREA.top, AREA.left, AREA.bottom, 'axis'));
  parts.push(text((AREA.left + AREA.right) / 2, AREA.bottom + 42, x.label, '', 'middle'));
  parts.push(
    `<text transform="rotate(-90)" x="${-(AREA.top + AREA.bottom) / 2}" y="26" text-anchor="middle">time per query, one core</text>`,
  );
  parts.push(text(24, HEIGHT - 16, note, 'note'));
  for (const curve of curves) parts.push(...drawn(curve, toX, toY));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">
<style>${STYLE}
</style>
<rect class="card" x="0.5" y="0.5" width="${WIDTH - 1}" height="${HEIGHT - 1}" rx="8"/>
${parts.join('\n')}
</svg>
`;
}

function drawn({ colour, dash, points }, toX, toY) {
  const places = points.map(([at, us]) => [toX(at), toY(us)].map(round));
  const dots = dash === 'solid' ? places.map(([cx, cy]) => `<circle class="${colour}" cx="${cx}" cy="${cy}" r="3.5"/>`) : [];
  const path = places.map((place) => place.join(' ')).join(' L ');
  return [`<path class="curve ${colour}" stroke-dasharray="${DASHES[dash]}" d="M ${path}"/>`, ...dots];
}

/** Names beside samples of their curves, in rows of three. */
function legend(curves) {
  const COLUMNS = 3;
  const width = (WIDTH - 48) / COLUMNS;
  return curves.flatMap(({ name, colour, dash }, i) => {
    const [x, y] = [24 + width * (i % COLUMNS), 62 + 24 * Math.floor(i / COLUMNS)];
    const dot = dash === 'solid' ? [`<circle class="${colour}" cx="${round(x + 16)}" cy="${y - 4}" r="3.5"/>`] : [];
    const sample = `<path class="curve ${colour}" stroke-dasharray="${DASHES[dash]}" d="M ${round(x)} ${y - 4} h 32"/>`;
    return [sample, ...dot, text(x + 42, y, name, '')];
  });
}

const timeOf = ({ contenders }, name) => contenders.find((contender) => contender.name.startsWith(name))?.us;

/** @returns The plots by the names of their files. */
export function growthPlots(rows) {
  const points = (kind, name) =>
    rows
      .filter((row) => row.kind === kind && row.radius === 31 && timeOf(row, name) !== undefined)
      .map((row) => [row.hashes, timeOf(row, name)]);
  const counts = points('uniform', 'index').map(([count]) => count);
  const growth = plot({
    title: 'Every hash within 31 bits, by the number of stored hashes',
    note: 'Medians. Uniform: random hashes. Clustered: ten variants of each picture, 0 to 24 bits apart. Exact: every answer was checked.',
    x: { label: 'stored hashes', ticks: decades(counts), name: hashes, logarithmic: true },
    curves: [
      { name: 'index, uniform hashes', colour: 'blue', dash: 'solid', points: points('uniform', 'index') },
      { name: 'index, clustered hashes', colour: 'blue', dash: 'dashed', points: points('clustered', 'index') },
      { name: 'scan', colour: 'orange', dash: 'solid', points: points('uniform', 'scan') },
      { name: 'scan, 32 queries at a time', colour: 'green', dash: 'solid', points: points('uniform', 'scan, 32') },
      { name: 'reading the hashes from memory', colour: 'grey', dash: 'dotted', points: points('uniform', 'reading') },
    ],
  });
  return { 'search-growth.svg': growth, 'search-radius.svg': radiusPlot(rows) };
}

function radiusPlot(rows) {
  const SIZES = [
    [1_000_000, 'blue'],
    [10_000_000, 'orange'],
  ];
  const curves = SIZES.flatMap(([count, colour]) => {
    const ofSize = rows.filter((row) => row.kind === 'uniform' && row.hashes === count);
    if (ofSize.length === 0) return [];
    const reading = timeOf(
      ofSize.find(({ radius }) => radius === 31),
      'reading',
    );
    const points = (name) => ofSize.map((row) => [row.radius, timeOf(row, name)]);
    return [
      { name: `index, ${hashes(count)}`, colour, dash: 'solid', points: points('index') },
      { name: 'scan, 32 queries at a time', colour, dash: 'dashed', points: points('scan, 32') },
      { name: 'reading the hashes from memory', colour, dash: 'dotted', points: [15, 47].map((radius) => [radius, reading]) },
    ];
  });
  return plot({
    title: 'Every hash within a radius, by the radius',
    note: 'Medians, random hashes. Exact: every answer was checked.',
    x: { label: 'radius, bits', ticks: [15, 19, 23, 27, 31, 35, 39, 43, 47], name: String, logarithmic: false },
    curves,
  });
}

/** What a measuring report needs besides the style of every report: plots, tables of figures, a gallery. */
export const BENCH_STYLE = `
:root { --m0: #0b62a8; --m1: #c75300; --m2: #00785a; --m3: #9a3d86; --m4: #7a6200; --m5: #0e7c9b; --m6: #a8323e; --m7: #555b63; --heat: 11, 98, 168; --grid: #e3e5e0; }
@media (prefers-color-scheme: dark) {
  :root { --m0: #6cb4f0; --m1: #ff9d5c; --m2: #4fcfa6; --m3: #e396d0; --m4: #d8bd4a; --m5: #63cbe8; --m6: #ff8f97; --m7: #a9b1ba; --heat: 108, 180, 240; --grid: #31363c; }
}
.m0 { --of: var(--m0); } .m1 { --of: var(--m1); } .m2 { --of: var(--m2); } .m3 { --of: var(--m3); }
.m4 { --of: var(--m4); } .m5 { --of: var(--m5); } .m6 { --of: var(--m6); } .m7 { --of: var(--m7); }
.dot { display: inline-block; width: .7em; height: .7em; margin-right: .45em; border-radius: 50%; background: var(--of); }
.card { padding: 1.1rem; margin-bottom: .85rem; background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
.note { max-width: 50rem; margin: 0 0 .9rem; color: var(--soft); font-size: .9rem; }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.3rem; margin: 0 0 .6rem; padding: 0; list-style: none; font-size: .88rem; }
.wide { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; }
caption { padding: 0 0 .5rem; text-align: left; font-weight: 600; }
th, td { padding: .32rem .6rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th { color: var(--soft); font-weight: 500; font-size: .8rem; vertical-align: bottom; }
th:first-child, td:first-child, .text { text-align: left; }
tbody tr:last-child td { border-bottom: 0; }
td small { display: block; color: var(--soft); font-size: .75rem; }
td.best { font-weight: 600; } td small { font-weight: 400; } .summary-table th { white-space: normal; min-width: 5.2rem; } .summary-table td { vertical-align: top; }
td.wrap { white-space: normal; min-width: 14rem; overflow-wrap: anywhere; }
tr.on td { background: var(--within); }
.heat { width: auto; min-width: 60%; } .heat th[scope=rowgroup] { padding-top: .9rem; color: var(--ink); font-weight: 600; font-size: .88rem; text-align: left; }
.heat td, .heat th { padding: .14rem .5rem; }
.heat td:not(:first-child) { border: 1px solid var(--card); text-align: center; min-width: 4.2rem; }
${Array.from({ length: 11 }, (_, i) => `.h${i} { background: rgba(var(--heat), ${(i * 0.09).toFixed(2)}); }`).join(' ')}
.h8, .h9, .h10 { color: var(--card); }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: .85rem; }
.plot { display: block; width: 100%; height: auto; }
.plot text { fill: var(--soft); font: 11px system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif; }
.plot .name { fill: var(--ink); } .plot .title { fill: var(--ink); font-weight: 600; font-size: 13px; }
.plot .end { text-anchor: end; } .plot .middle { text-anchor: middle; }
.plot .grid { stroke: var(--grid); } .plot .axis { stroke: var(--soft); }
.plot .fill { fill: var(--of); opacity: .82; } .plot .whisker { stroke: var(--ink); stroke-width: 1; opacity: .75; }
.plot .curve { fill: none; stroke: var(--of); stroke-width: 1.8; stroke-linejoin: round; } .plot .at { fill: var(--of); stroke: var(--card); stroke-width: 1.5; }
details { margin-bottom: .85rem; } summary { cursor: pointer; font-weight: 600; }
details > *:not(summary) { margin-top: .8rem; }
.gallery { display: grid; grid-template-columns: repeat(auto-fill, minmax(8.6rem, 1fr)); gap: .7rem; margin: 0; padding: 0; list-style: none; }
.gallery li { min-width: 0; padding: .5rem; border: 1px solid var(--line); border-radius: 8px; font-size: .75rem; overflow-wrap: anywhere; }
.gallery img { height: 104px; max-width: 100%; object-fit: contain; margin-bottom: .35rem; border-radius: 4px; }
.gallery small { display: block; color: var(--soft); }
h3.part { margin: 1.2rem 0 .5rem; font-size: .95rem; }
.words { max-width: 50rem; padding-left: 1.2rem; font-size: .92rem; } .words li { margin-bottom: .35rem; }
@media print { .card, tr, li { break-inside: avoid; } .wide { overflow: visible; } body { max-width: none; } }
`;

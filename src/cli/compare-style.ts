import { STYLE } from './report-style.js';

/** The style sheet of a comparison: that of the reports, and what drawings need. Blue and orange stay apart for most colour-blind people. */
export const COMPARE_STYLE = `${STYLE}
:root { --region: #e0218a; --dim: rgb(12 14 16 / .5); --same: rgb(0 114 178 / .36); --hatch-ground: rgb(230 120 0 / .42); --hatch-stripe: rgb(190 70 0 / .85); --unseen: rgb(96 102 110 / .8); }
.verdict { display: flex; gap: .9rem; align-items: flex-start; padding: 1rem 1.1rem; border-radius: 12px; background: var(--card); border: 1px solid var(--line); }
.verdict p { margin: 0; }
.verdict .badge { font-size: 1rem; padding: .3rem .8rem; white-space: nowrap; }
.verdict .says { font-size: 1.2rem; font-weight: 600; line-height: 1.35; }
.verdict .says::first-letter { text-transform: uppercase; }
.verdict .more { margin-top: .25rem; color: var(--soft); }
.confirmed { background: var(--block-paper); color: var(--block); }
.probable, .warning { background: var(--hold-paper); color: var(--hold); }
.weak, .no-match { background: var(--track); color: var(--ink); }
.warning { margin: 1rem 0 0; padding: .6rem .9rem; border-radius: 8px; font-weight: 600; }
.names { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: .15rem .7rem; margin: 1rem 0 0; font-size: .95rem; }
.names dt { font-size: .95rem; font-weight: 700; color: var(--ink); }
section { margin-top: 1.5rem; }
section h2 { margin: 0 0 .5rem; }
.note { margin: .5rem 0 0; color: var(--soft); font-size: .88rem; }
.definitions { position: absolute; width: 0; height: 0; }
.pair { display: block; width: 100%; height: auto; max-height: 85vh; }
.stacked { display: none; }
.letter { font: 700 26px system-ui, sans-serif; fill: var(--ink); }
.outside { fill: var(--dim); fill-rule: evenodd; }
.halo { fill: none; stroke: #fff; stroke-width: 8; stroke-linejoin: round; }
.region { fill: none; stroke: var(--region); stroke-width: 4.5; stroke-linejoin: round; }
.lines { stroke-width: 1.4; stroke-opacity: .85; }
.lines circle { stroke: #fff; stroke-width: .8; stroke-opacity: 1; }
.line-0 { stroke: #ffd23f; fill: #ffd23f; } .line-1 { stroke: #3bceac; fill: #3bceac; } .line-2 { stroke: #ff7f51; fill: #ff7f51; }
.line-3 { stroke: #4ea8ff; fill: #4ea8ff; } .line-4 { stroke: #c792ff; fill: #c792ff; } .line-5 { stroke: #9be564; fill: #9be564; }
.columns { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 1.5rem; }
.map { display: block; width: 100%; height: auto; max-height: 70vh; border-radius: 8px; }
.bank .map { max-width: 20rem; background: var(--card); border: 1px solid var(--line); }
.same { fill: var(--same); } .different { fill: url(#hatch); } .not-visible { fill: url(#dots); }
#hatch .ground { fill: var(--hatch-ground); } #hatch .stripe { fill: var(--hatch-stripe); }
#dots .ground { fill: var(--unseen); } #dots .dot { fill: #fff; }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.1rem; margin: .5rem 0 0; padding: 0; list-style: none; font-size: .9rem; }
.legend svg { width: 1.6rem; height: 1.1rem; margin-right: .4rem; vertical-align: -.15rem; border: 1px solid var(--line); border-radius: 3px; }
.choices { display: flex; flex-wrap: wrap; gap: .2rem 1rem; margin: .5rem 0 0; font-size: .9rem; }
.choices label { display: flex; gap: .35rem; align-items: center; min-height: 2rem; cursor: pointer; }
.blink { display: grid; border-radius: 8px; overflow: hidden; }
.layer { position: relative; grid-area: 1 / 1; }
.layer img { width: 100%; max-height: none; border-radius: 0; }
.layer span { position: absolute; left: .5rem; top: .5rem; padding: .1rem .6rem; border-radius: 6px; background: #000a; color: #fff; font-weight: 700; font-size: .9rem; }
.over { animation: blink 2s steps(1) infinite; }
@keyframes blink { 0% { opacity: 1; } 50% { opacity: 0; } }
.viewer:has(#pause:checked) .over { animation-play-state: paused; }
.viewer:has(#only-a:checked) .over { animation: none; }
.viewer:has(#only-b:checked) .over { animation: none; opacity: 0; }
@media (prefers-reduced-motion: reduce) { .over { animation: none; opacity: .5; } .viewer:has(#only-a:checked) .over { opacity: 1; } .moves { display: none; } }
table { width: 100%; border-collapse: collapse; font-size: .92rem; }
th, td { padding: .45rem .6rem .45rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { width: 15rem; color: var(--soft); font-weight: 400; }
td small { display: block; color: var(--soft); }
@media (max-width: 640px) {
  .beside { display: none; } .stacked { display: block; max-height: none; }
  .letter { font-size: 34px; } .lines { stroke-width: 2; } .region { stroke-width: 6; } .halo { stroke-width: 10; }
  .columns { grid-template-columns: 1fr; } .verdict { flex-direction: column; gap: .5rem; } .verdict .says { font-size: 1.08rem; }
  th { width: 8.5rem; }
}
@media print { .over { animation: none; } .choices { display: none; } section { break-inside: avoid; } }
`;

/** The style sheet of a report: system fonts, light and dark, one column on a phone. */
export const STYLE = `
:root { --paper: #f6f6f3; --card: #ffffff; --ink: #1f2328; --soft: #5d656e; --line: #dfe1dc; --track: #e9ebe6; --within: #cfdff2; --bar: #2f6fb5;
  --block: #a32929; --block-paper: #fbe9e7; --hold: #8a5a00; --hold-paper: #fdf1d8; --allow: #2b6b3f; --allow-paper: #e4f2e7; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #16181b; --card: #1f2226; --ink: #e4e6e8; --soft: #9aa3ad; --line: #34393f; --track: #2b2f35; --within: #2b415c; --bar: #7fb2ea;
    --block: #ff9d94; --block-paper: #452020; --hold: #f1c169; --hold-paper: #41330f; --allow: #8fd3a3; --allow-paper: #1c3a26; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 3rem; max-width: 1080px; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif; }
h1 { margin: 0 0 .25rem; font-size: 1.75rem; line-height: 1.2; }
h2 { margin: 2.5rem 0 1rem; font-size: 1.15rem; }
h2 small { display: inline-block; margin-left: .5rem; color: var(--soft); font-weight: 400; font-size: .9rem; }
h3 { margin: 0 0 .35rem; font-size: 1rem; display: flex; gap: .6rem; align-items: baseline; }
.lead { margin: 0 0 1.25rem; max-width: 46rem; color: var(--soft); }
.counts { list-style: none; display: flex; flex-wrap: wrap; gap: .75rem; margin: 0 0 1.25rem; padding: 0; }
.counts li { flex: 1 1 5.5rem; padding: .7rem 1rem; border-radius: 10px; }
.counts b { display: block; font-size: 1.7rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
.counts .block, .badge.block, section.block h2 .badge { background: var(--block-paper); color: var(--block); }
.counts .hold, .badge.hold, section.hold h2 .badge { background: var(--hold-paper); color: var(--hold); }
.counts .allow, .badge.allow, section.allow h2 .badge { background: var(--allow-paper); color: var(--allow); }
.setting { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); gap: .75rem 1.5rem; margin: 0; padding: 1rem 0 0; border-top: 1px solid var(--line); }
.setting div { min-width: 0; }
dt { color: var(--soft); font-size: .8rem; }
dd { margin: 0; overflow-wrap: anywhere; }
.setting dd { font-size: .92rem; }
.badge { padding: .1rem .55rem; border-radius: 6px; font-size: .85rem; font-weight: 600; }
article { display: grid; grid-template-columns: 192px minmax(0, 1fr); gap: 1.25rem; padding: 1.1rem; margin-bottom: .85rem; background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
figure { margin: 0; }
img { display: block; max-width: 100%; max-height: 192px; margin: 0 auto; border-radius: 8px; }
.none { display: grid; place-items: center; min-height: 7rem; margin: 0; padding: .75rem; border: 1px dashed var(--line); border-radius: 8px; color: var(--soft); font-size: .82rem; text-align: center; overflow-wrap: anywhere; }
.file { font-weight: 600; overflow-wrap: anywhere; }
.summary { margin: 0 0 .6rem; overflow-wrap: anywhere; }
.match { margin: .6rem 0; padding: .7rem .85rem; border: 1px solid var(--line); border-radius: 8px; }
.match dl { display: flex; flex-wrap: wrap; gap: .4rem 1.6rem; margin: .5rem 0 0; font-size: .92rem; }
.match dl div { min-width: 0; }
.match dl + dl { padding-top: .5rem; border-top: 1px solid var(--line); }
.kind { margin: 0; font-weight: 600; font-size: .92rem; }
.kind small { color: var(--soft); font-weight: 400; }
.bar { display: block; width: 100%; height: 14px; margin-top: .45rem; border-radius: 4px; }
.bar .scale { fill: var(--track); } .bar .within { fill: var(--within); } .bar .distance { fill: var(--bar); } .bar .threshold { fill: var(--ink); }
.scale-text { display: flex; justify-content: space-between; margin: .15rem 0 0; color: var(--soft); font-size: .75rem; }
.problems { margin: .5rem 0; padding-left: 1.1rem; font-size: .92rem; overflow-wrap: anywhere; }
code { padding: .05rem .3rem; border-radius: 4px; background: var(--track); font: .82rem ui-monospace, 'SF Mono', 'Liberation Mono', monospace; }
.facts { margin: .5rem 0 0; color: var(--soft); font-size: .82rem; }
footer { margin-top: 2rem; color: var(--soft); font-size: .85rem; max-width: 46rem; }
@media (max-width: 640px) {
  body { padding: 1.25rem .8rem 2rem; }
  article { grid-template-columns: 1fr; }
  figure { max-width: 192px; }
  h2 small { display: block; margin: .25rem 0 0; }
}
@media print { body { background: none; } article { break-inside: avoid; } }
`;

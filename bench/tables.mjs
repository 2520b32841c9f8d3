// How RESULTS.md writes figures and tables.

export const us = (value) => (value >= 1000 ? `${(value / 1000).toFixed(2)} ms` : `${value.toFixed(1)} us`);
export const ms = (value) => (value < 1 ? `${(value * 1000).toFixed(0)} us` : `${value.toFixed(1)} ms`);
export const times = (value) => `${value.toFixed(1)} x`;
export const mib = (value) => `${value.toFixed(1)} MiB`;
export const table = (head, rows) => [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
/** Where and when a section was measured that stands by itself. */
export const facts = ({ machine, loadAfter }) =>
  table(
    ['', ''],
    [
      ['date, commit', `${machine.date}, ${machine.commit}`],
      ['processor', `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB`],
      ['system', `${machine.system}; load ${machine.load.join(', ')} before, ${loadAfter.join(', ')} after`],
      ['Node', machine.node],
    ],
  );
export const named = (list, name) => list.find((item) => item.name.startsWith(name));

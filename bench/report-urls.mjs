// The section of RESULTS.md about lists of URLs.
import { facts, named, table, times, us } from './tables.mjs';

const count = (value) => Math.round(value).toLocaleString('en');

/** The section stands by itself, with its machine: `npm run bench -- urls` writes it alone. */
export function urlSection(results) {
  const { rules, canonicalUs, rows } = results.urls;
  const plain = named(rows, 'a Map');
  const cells = rows.map(({ name, buildSeconds, bytesPerRule, listedUs, otherUs, elsewhereUs }) => [
    name,
    `${buildSeconds.toFixed(1)} s`,
    bytesPerRule.toFixed(0),
    us(listedUs),
    `${us(otherUs)}, ${times(otherUs / plain.otherUs)}`,
    elsewhereUs === undefined ? '' : us(elsewhereUs),
  ]);
  return `## Lists of URLs

${facts(results)}

${count(rules)} rules, by turns an exact one, a folder, a host and all of a domain, and 2,000 URLs of which each second one is caught by one rule: every answer is checked.
egide keeps salted hashes, from which no URL can be read. Beside it stands what one would write with nothing to hide: a Map of the rules as text, asked for a URL as
\`new URL\` reads it and for all that is above it. Processor time for one URL, and how many times that of the Map it is. The canonical form alone takes ${us(canonicalUs)}.

${table(['', 'build', 'bytes a rule', 'a listed URL', 'one that is not listed', 'asked from elsewhere, by prefixes'], cells)}`;
}

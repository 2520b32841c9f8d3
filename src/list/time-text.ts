/** ISO 8601 (RFC 3339, with the time or the zone left out): what sources write. */
const ISO = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)\s*(Z|[+-]\d\d:?\d\d)?)?$/i;

/** Seconds from here on would be after the year 5138, and milliseconds before it in 1973: which of the two a number is. */
const FIRST_MILLISECONDS = 1e11;

/** Milliseconds since 1970 from ISO 8601 (without a zone: UTC) or a number of seconds or milliseconds; `null` for anything else. */
export function readTime(text: string): number | null {
  const trimmed = text.trim();
  if (/^\d{1,16}(\.\d{1,9})?$/.test(trimmed)) {
    const number = Number(trimmed);
    return Math.round(number < FIRST_MILLISECONDS ? 1000 * number : number);
  }
  const [, day, time = '00:00', zone = 'Z'] = ISO.exec(trimmed) ?? [];
  if (day === undefined) return null;
  const milliseconds = Date.parse(`${day}T${time}${zone.toUpperCase()}`);
  return Number.isNaN(milliseconds) ? null : milliseconds;
}

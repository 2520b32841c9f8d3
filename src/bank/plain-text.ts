/** A zero, or half of a pair or a whole one: told without looking for pairs, which takes longer. */
const MAY_NOT_BE_PLAIN = /[\0\ud800-\udfff]/;

/** Whether every database takes a text: PostgreSQL's have no zero, and UTF-8 has no half of a pair of UTF-16. */
export function isPlain(text: string): boolean {
  return !MAY_NOT_BE_PLAIN.test(text) || !/[\0\p{Surrogate}]/u.test(text);
}

/** A text that every database takes: a zero or half a pair becomes U+FFFD. */
export function cleanText(text: string): string {
  return MAY_NOT_BE_PLAIN.test(text) ? text.replace(/\0|\p{Surrogate}/gu, '\ufffd') : text;
}

/** A share in percent: one decimal, and none of 0 and 100. */
export function percent(share: number): string {
  const text = (100 * share).toFixed(1);
  return `${text === '0.0' && share === 0 ? '0' : text === '100.0' && share === 1 ? '100' : text} %`;
}

/** A count or a rate of any size: whole numbers below a million as they are, all else as 1.2e-7. */
export function rate(value: number): string {
  if (Number.isInteger(value) && value < 1e6) return String(value);
  return value.toExponential(1).replace('e+', 'e');
}

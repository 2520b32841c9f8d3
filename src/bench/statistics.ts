/** z of a two-sided 95 % interval: the 0.975 quantile of the normal distribution. */
const Z_95 = 1.959963984540054;

/** A share with its 95 % interval. */
export interface Share {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/**
 * The score interval of a share at 95 % (Wilson 1927, "Probable Inference, the Law of Succession, and Statistical Inference").
 *
 * @param n Trials, above 0; need not be whole, so that an effective number may stand here.
 */
export function wilson(successes: number, n: number): Share {
  const p = successes / n;
  const z2 = Z_95 * Z_95;
  const centre = (p + z2 / (2 * n)) / (1 + z2 / n);
  const half = (Z_95 / (1 + z2 / n)) * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n * n));
  return { value: p, low: p === 0 ? 0 : Math.max(0, centre - half), high: p === 1 ? 1 : Math.min(1, centre + half) };
}

/** Trials that hang together: those of one original. */
export interface Cluster {
  readonly successes: number;
  readonly n: number;
}

/**
 * How many independent trials clustered ones are worth: n over the design effect, which is the variance of the ratio estimator over
 * that of independent trials (Kish 1965, "Survey Sampling", 5.4 and 8.2), never below 1. Where all trials end alike the clusters tell
 * nothing of their variance, and each counts as one trial.
 */
export function effectiveTrials(clusters: readonly Cluster[]): number {
  const n = clusters.reduce((sum, cluster) => sum + cluster.n, 0);
  const p = clusters.reduce((sum, cluster) => sum + cluster.successes, 0) / n;
  const m = clusters.length;
  if (p === 0 || p === 1 || m < 2) return m;
  const spread = clusters.reduce((sum, cluster) => sum + (cluster.successes - p * cluster.n) ** 2, 0);
  const variance = ((m / (m - 1)) * spread) / (n * n);
  return n / Math.max(1, variance / ((p * (1 - p)) / n));
}

/**
 * Upper bound of a rate at one-sided confidence `1 - alpha`: 3 / n if nothing was seen and `alpha` is 0.05 (Hanley & Lippman-Hand 1983,
 * "If nothing goes wrong, is everything all right?"), else the exact bound (Clopper & Pearson 1934).
 */
export function upperBound(events: number, n: number, alpha = 0.05): number {
  if (events === 0 && alpha === 0.05) return Math.min(1, 3 / n);
  if (events >= n) return 1;
  // The rate at which so few events, or fewer, have the probability alpha: the (1 - alpha) quantile of Beta(events + 1, n - events).
  // Halving 200 times also reaches rates of 1e-12 to full precision, since the search begins at the logarithm.
  let [low, high] = [Math.log(1e-18), 0];
  for (let i = 0; i < 200; ++i) {
    const middle = (low + high) / 2;
    if (regularisedBeta(Math.exp(middle), events + 1, n - events) < 1 - alpha) low = middle;
    else high = middle;
  }
  return Math.exp((low + high) / 2);
}

/** I_x(a, b) by its continued fraction, evaluated as Lentz does (Press et al., "Numerical Recipes", 3rd ed., 6.4). */
export function regularisedBeta(x: number, a: number, b: number): number {
  if (x <= 0 || x >= 1) return x <= 0 ? 0 : 1;
  // The fraction converges fast on this side; the other by symmetry.
  if (x > (a + 1) / (a + b + 2)) return 1 - regularisedBeta(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a;
  const tiny = 1e-300;
  let c = 1;
  let d = 1 / notZero(1 - ((a + b) * x) / (a + 1), tiny);
  let fraction = d;
  for (let m = 1; m <= 10_000; ++m) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / notZero(1 + even * d, tiny);
    c = notZero(1 + even / c, tiny);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / notZero(1 + odd * d, tiny);
    c = notZero(1 + odd / c, tiny);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return front * fraction;
}

function notZero(value: number, tiny: number): number {
  return Math.abs(value) < tiny ? tiny : value;
}

/** Stirling's series after the argument was raised above 15 (Abramowitz & Stegun 6.1.41): good to 1e-14 for positive arguments. */
function logGamma(x: number): number {
  let [argument, product] = [x, 1];
  while (argument < 15) product *= argument++;
  const i = 1 / (argument * argument);
  const series = (1 / 12 - i * (1 / 360 - i * (1 / 1260 - i * (1 / 1680 - i / 1188)))) / argument;
  return (argument - 0.5) * Math.log(argument) - argument + 0.5 * Math.log(2 * Math.PI) + series - Math.log(product);
}

/** The `share` quantile by linear interpolation (type 7 of Hyndman & Fan 1996); `undefined` of nothing. */
export function quantile(values: readonly number[], share: number): number | undefined {
  const sorted = Float64Array.from(values).sort();
  if (sorted.length === 0) return undefined;
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)] as number;
  return below + (place - Math.floor(place)) * ((sorted[Math.ceil(place)] as number) - below);
}

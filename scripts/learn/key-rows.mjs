// The directions in descriptor space that the bits of a key are: along them keypoints differ most in proportion to how much copies of
// one keypoint do (linear discriminant analysis, as in LDAHash: Strecha et al. 2012). Thresholds are medians, so that buckets are even.
const BYTES = 128;
const ROWS = 24;
/** Of the trace: keeps directions in which nothing varies out of it. */
const RIDGE = 1e-5;

export function keyRows({ count, a, b }) {
  const mean = new Float64Array(BYTES);
  for (const side of [a, b]) for (let i = 0; i < side.length; ++i) mean[i % BYTES] += side[i] / (2 * count);
  const total = matrix();
  const within = matrix();
  const row = new Float64Array(BYTES);
  const accumulate = (to, value) => {
    for (let i = 0; i < BYTES; ++i) row[i] = value(i);
    for (let i = 0; i < BYTES; ++i) for (let j = 0; j <= i; ++j) to[i][j] += row[i] * row[j];
  };
  for (let n = 0; n < count; ++n) {
    const at = n * BYTES;
    accumulate(total, (i) => a[at + i] - mean[i]);
    accumulate(total, (i) => b[at + i] - mean[i]);
    accumulate(within, (i) => a[at + i] - b[at + i]);
  }
  let trace = 0;
  for (let i = 0; i < BYTES; ++i) trace += within[i][i];
  for (let i = 0; i < BYTES; ++i) within[i][i] += RIDGE * (trace / BYTES) * BYTES;
  for (let i = 0; i < BYTES; ++i) for (let j = 0; j < i; ++j) [total[j][i], within[j][i]] = [total[i][j], within[i][j]];

  const directions = leadingDirections(total, within, ROWS);
  const rows = directions.map((direction) => {
    const largest = Math.max(...direction.map(Math.abs));
    return direction.map((value) => Math.round((127 * value) / largest));
  });
  const project = (side, n, weights) => {
    let sum = 0;
    for (let i = 0; i < BYTES; ++i) sum += weights[i] * side[n * BYTES + i];
    return sum;
  };
  const every = Array.from({ length: count }, (_, n) => n);
  const thresholds = rows.map((weights) => {
    const sums = every.map((n) => project(a, n, weights)).sort((x, y) => x - y);
    return sums[count >> 1];
  });
  const scales = rows.map((weights) => {
    const moved = every.reduce((sum, n) => sum + Math.abs(project(a, n, weights) - project(b, n, weights)), 0);
    return Math.fround(count / moved);
  });
  return { rows, thresholds, scales };
}

const matrix = (size = BYTES) => Array.from({ length: size }, () => new Float64Array(size));

/** Solves total * v = lambda * within * v for the largest lambdas. */
function leadingDirections(total, within, wanted) {
  const lower = cholesky(within);
  const half = solveLower(lower, total); // L^-1 T
  const reduced = solveLower(lower, transposed(half)); // L^-1 T L^-T
  const { values, vectors } = eigen(reduced);
  const order = values.map((_, i) => i).sort((x, y) => values[y] - values[x]);
  return order.slice(0, wanted).map((column) => {
    const u = vectors.map((vector) => vector[column]);
    const v = new Array(BYTES).fill(0);
    for (let i = BYTES - 1; i >= 0; --i) {
      let sum = u[i];
      for (let j = i + 1; j < BYTES; ++j) sum -= lower[j][i] * v[j];
      v[i] = sum / lower[i][i];
    }
    const sign = v.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best), 0) < 0 ? -1 : 1;
    return v.map((value) => sign * value);
  });
}

const transposed = (m) => m.map((_, i) => Float64Array.from(m, (row) => row[i]));

function cholesky(m) {
  const lower = matrix(m.length);
  for (let i = 0; i < m.length; ++i)
    for (let j = 0; j <= i; ++j) {
      let sum = m[i][j];
      for (let k = 0; k < j; ++k) sum -= lower[i][k] * lower[j][k];
      lower[i][j] = i === j ? Math.sqrt(sum) : sum / lower[j][j];
    }
  return lower;
}

function solveLower(lower, right) {
  const out = matrix(lower.length);
  for (let i = 0; i < lower.length; ++i)
    for (let c = 0; c < lower.length; ++c) {
      let sum = right[i][c];
      for (let k = 0; k < i; ++k) sum -= lower[i][k] * out[k][c];
      out[i][c] = sum / lower[i][i];
    }
  return out;
}

/** Eigenvalues and vectors (columns) of a symmetric matrix by Jacobi's rotations. */
function eigen(symmetric) {
  const size = symmetric.length;
  const m = symmetric.map((row, i) => Float64Array.from(row, (value, j) => (value + symmetric[j][i]) / 2));
  const vectors = matrix(size);
  for (let i = 0; i < size; ++i) vectors[i][i] = 1;
  for (let sweep = 0; sweep < 30; ++sweep) {
    let off = 0;
    for (let p = 0; p < size; ++p) for (let q = p + 1; q < size; ++q) off += m[p][q] ** 2;
    if (off < 1e-18) break;
    for (let p = 0; p < size; ++p)
      for (let q = p + 1; q < size; ++q) {
        if (Math.abs(m[p][q]) < 1e-300) continue;
        const theta = (m[q][q] - m[p][p]) / (2 * m[p][q]);
        const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const cos = 1 / Math.sqrt(t * t + 1);
        const sin = t * cos;
        for (let k = 0; k < size; ++k) [m[k][p], m[k][q]] = [cos * m[k][p] - sin * m[k][q], sin * m[k][p] + cos * m[k][q]];
        for (let k = 0; k < size; ++k) [m[p][k], m[q][k]] = [cos * m[p][k] - sin * m[q][k], sin * m[p][k] + cos * m[q][k]];
        for (let k = 0; k < size; ++k)
          [vectors[k][p], vectors[k][q]] = [cos * vectors[k][p] - sin * vectors[k][q], sin * vectors[k][p] + cos * vectors[k][q]];
      }
  }
  return { values: m.map((row, i) => row[i]), vectors };
}

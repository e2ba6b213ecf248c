// The seconds that the server has told of, oldest first. They outlive it: what was before a restart stays in sight.

const LENGTH_MS = 600000;

let columns = [];
let rows = [];

export const last = () => (rows.length ? rows[rows.length - 1][0] : 0);
export const add = (history, nowMs) => {
  if (!history) return;
  // Of a clock that was set back nothing fits any more.
  if (last() > nowMs + 5000) rows = [];
  columns = history.columns;
  rows = rows.concat(history.rows.filter((row) => row[0] > last()));
  rows = rows.filter((row) => row[0] >= nowMs - LENGTH_MS - 5000);
};

// As much of it as there is, at least a minute: [ms, ms between marks, in words].
export const length = (nowMs) => [[60000, 20000, 'minute'], [180000, 60000, 'three minutes'], [LENGTH_MS, 120000, 'ten minutes']]
  .find(([ms]) => ms >= LENGTH_MS || ms >= nowMs - (rows[0]?.[0] ?? nowMs));

export const times = () => rows.map((row) => row[0]);
export const column = (name) => {
  const at = columns.indexOf(name);
  return rows.map((row) => (at < 0 ? NaN : row[at] ?? NaN));
};

// Each with those before it, since a second in which little happens says little.
const SMOOTH = 5;
const windowed = (values) => values.map((_, i) => values.slice(Math.max(0, i - SMOOTH + 1), i + 1).reduce((a, b) => a + b, 0));
export const hitRatio = () => {
  const misses = windowed(column('misses'));
  return windowed(column('hits')).map((hits, i) => hits / (hits + misses[i])); // NaN, a gap, where nothing was asked for
};

// Of the last seconds, for what is told as one number; of times the mean of those in which there were any.
const newest = (name, seconds) => column(name).slice(-seconds).filter(Number.isFinite);
const sum = (values) => values.reduce((a, b) => a + b, 0);
export const total = (name) => sum(newest(name, 60));
export const recent = (name) => {
  const values = newest(name, SMOOTH);
  return sum(values) / values.length;
};

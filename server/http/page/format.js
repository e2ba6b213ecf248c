// Quantities as people read them. What is not known is a dash.

const NONE = '–';
const known = (value) => typeof value === 'number' && Number.isFinite(value);

// Three digits that count; of what has no unit before it, none behind the point.
const digits = (value) => {
  const size = Math.abs(value);
  return value.toFixed(size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2);
};

const scaled = (value, units, step) => {
  let unit = 0;
  while (unit < units.length - 1 && Math.abs(value) >= step * 0.9995) {
    value /= step;
    unit++;
  }
  return (unit || !Number.isInteger(value) ? digits(value) : value) + (units[unit] && '\u00a0' + units[unit]);
};

// Round values, as on an axis: without the zeros that align a column.
export const trim = (text) => text.replace(/(\.\d*?)0+(?!\d)/, '$1').replace(/\.(?!\d)/, '');

export const count = (value) => (known(value) ? scaled(value, ['', 'k', 'M', 'G', 'T'], 1000) : NONE);
export const whole = (value) => (known(value) ? Math.round(value).toLocaleString('en').replace(/,/g, '\u202f') : NONE);
export const rate = (value) => (known(value) ? count(value).replace(/(\d)$/, '$1\u00a0') + '/s' : NONE);
export const bytes = (value) => (known(value) ? scaled(value, ['B', 'KiB', 'MiB', 'GiB', 'TiB'], 1024) : NONE);
export const flow = (value) => (known(value) ? bytes(value) + '/s' : NONE);
export const percent = (value) =>
  known(value) ? (value * 100).toFixed(value >= 0.9995 || value === 0 ? 0 : 1) + '\u00a0%' : NONE;
export const micros = (value) => (known(value) ? scaled(value, ['µs', 'ms', 's'], 1000) : NONE);

export const span = (seconds) => {
  if (!known(seconds)) return NONE;
  const parts = [['d', 86400], ['h', 3600], ['min', 60], ['s', 1]];
  const from = parts.findIndex(([, size]) => seconds >= size);
  if (from < 0) return '0\u00a0s';
  return parts
    .slice(from, from + 2)
    .map(([unit, size], i) => [Math.floor((i ? seconds % parts[from][1] : seconds) / size), unit])
    .filter(([n], i) => n || !i)
    .map((pair) => pair.join('\u00a0'))
    .join(' ');
};

const two = (number) => String(number).padStart(2, '0');
export const minute = (ms) => {
  const at = new Date(ms);
  return two(at.getHours()) + ':' + two(at.getMinutes());
};
export const second = (ms) => minute(ms) + ':' + two(new Date(ms).getSeconds());

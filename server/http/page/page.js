// Asks the server every two seconds, and tells what it said.

import { chart, update as updateCharts } from './chart.js';
import { make, say, set } from './element.js';
import { bytes, count, flow, micros, percent, rate, second, span, trim, whole } from './format.js';
import * as history from './history.js';
import { panels, remember } from './inside.js';

const EVERY_MS = 2000;
const PATIENCE_MS = 6000;
const at = (id) => document.getElementById(id);
const line = (name, values) => ({ name, values: values.call ? values : () => history.column(values) });

let stats = null;

// Drawn where it is near enough not to press all else flat.
const limit = () => {
  const max = stats.memory?.max;
  const near = Math.max(...history.column('rss')) > max / 3;
  return history.times().map(() => (near && max) || NaN);
};

const charts = [
  { title: 'Operations', format: rate, filled: true, lines: [line('commands', 'commands')] },
  { title: 'Hit ratio', format: percent, top: 1, empty: 'No look-up yet', filled: true,
    lines: [line('hits', history.hitRatio)] },
  { title: 'Time a command takes', format: micros, log: true, empty: 'No command yet',
    lines: [line('p50', 'p50_us'), line('p99', 'p99_us'), line('p99.9', 'p999_us')] },
  { title: 'Memory', format: bytes, binary: true, filled: true, lines: [line('data', 'used'), line('process', 'rss'), line('limit', limit)] },
  { title: 'Keys that ended', format: rate, empty: 'No key ended in this time',
    lines: [line('expired', 'expired'), line('evicted', 'evicted'), line('invalidated', 'invalidated')] },
  { title: 'Under leases', format: rate, empty: 'No CACHE GET in this time',
    lines: [line('won', 'wins'), line('stale', 'stale'), line('waited', 'waits')] },
  { title: 'Traffic', format: flow, binary: true, lines: [line('sent', 'out_bytes'), line('received', 'in_bytes')] },
  { title: 'Clients', format: whole, lines: [line('connected', 'clients')], filled: true },
];

// A number, what it is exactly, and what stands beside it.
const tiles = [
  ['memory', 'Memory', ({ memory: m }) => m && {
    value: bytes(m.used), exact: m.used, share: m.max ? m.used / m.max : undefined,
    beside: m.max ? `${percent(m.used / m.max)} of ${trim(bytes(m.max))}` : `no limit · process ${bytes(m.rss)}` }],
  ['ratio', 'Hit ratio', () => {
    const hits = history.total('hits');
    const misses = history.total('misses');
    const ratio = hits / (hits + misses);
    return { value: percent(ratio), exact: ratio, share: ratio, beside: `${count(misses)} missed/min` };
  }],
  ['operations', 'Operations', ({ totals }) => totals && {
    value: rate(history.recent('commands')), exact: totals.commands, beside: `${flow(history.recent('out_bytes'))} sent` }],
  ['latency', 'p99', () => ({
    value: micros(history.recent('p99_us')), exact: history.recent('p99_us'), beside: `p99.9 ${micros(history.recent('p999_us'))}` })],
  ['keys', 'Keys', ({ keys }) => keys && { value: count(keys.total), exact: keys.total, beside: `${count(keys.expiring)} expire` }],
  ['fragmentation', 'Process', ({ memory: m }) => m && { value: bytes(m.rss), exact: m.rss, beside: `fragmentation ${m.fragmentation}` }],
  ['leases-now', 'Being computed', ({ leases }) => leases && { value: whole(leases.now), exact: leases.now, beside: `${count(leases.waiters)} waiting` }],
  ['clients-now', 'Clients', ({ totals }) => {
    const now = history.column('clients').at(-1);
    return { value: whole(now), exact: now, beside: totals ? `${count(totals.rejected)} refused` : '' };
  }],
].map(([id, name, of]) => {
  const value = make('span', { class: 'value' }, '–');
  const bar = make('span');
  const beside = make('small', {}, '\u00a0');
  const element = make('div', { id: 'tile-' + id }, make('dt', {}, name), make('dd', {}, value, make('span', { class: 'gauge', 'aria-hidden': true }, bar), beside));
  at('tiles').append(element);
  return () => {
    const told = of(stats) ?? { value: '–', beside: 'not for this user' };
    say(value, told.value);
    say(beside, told.beside);
    set(element, 'data-exact', told.exact ?? '');
    bar.parentNode.classList.toggle('none', !(told.share >= 0));
    bar.style.width = `${Math.min(1, told.share || 0) * 100}%`;
  };
});

const tellAll = () => {
  const { server } = stats;
  if (server.version) say(at('about'), `${server.version} · ${server.mode} · up ${span(server.uptime_s)} · seen by ${server.user}`);
  tiles.forEach((tell) => tell());
  const length = history.length(server.now_ms);
  say(at('past'), 'The last ' + length[2]);
  updateCharts(history.times(), server.now_ms, length);
  panels.forEach((panel) => panel.update(stats));
};

let paused = false;
let heardAt = 0;
let timer = 0;

const tellState = (name, text, notice = '') => {
  document.body.dataset.state = name;
  say(at('said'), text);
  say(at('gone'), notice);
  at('gone').hidden = !notice;
};

const refusals = {
  401: 'The server asks for a name and a password. Load the page again.',
  403: 'This user may not see the figures of the server: +info is needed.',
};

const ask = async () => {
  const response = await fetch('/stats.json?since=' + history.last(), { signal: AbortSignal.timeout(PATIENCE_MS), cache: 'no-store' });
  if (!response.ok) {
    tellState('refused', 'Refused', refusals[response.status] ?? `The server answers ${response.status}.`);
    return response.status !== 401;
  }
  stats = await response.json();
  stats.server ??= { now_ms: Date.now() }; // all that is known without +info
  history.add(stats.history, stats.server.now_ms);
  remember(stats);
  heardAt = Date.now();
  tellAll();
  if (!paused) tellState('live', 'Live');
  return true;
};

const gone = () => {
  const since = heardAt ? ` since ${second(heardAt)}. What is shown is what it said last.` : '.';
  tellState('gone', 'No answer', `The server does not answer${since} It is asked again every two seconds.`);
};

const turn = async () => {
  clearTimeout(timer);
  let again = true;
  try {
    again = await ask();
  } catch {
    gone();
  }
  clearTimeout(timer);
  if (again && !paused && !document.hidden) timer = setTimeout(turn, EVERY_MS);
};

at('pause').addEventListener('click', () => {
  paused = !paused;
  set(at('pause'), 'aria-pressed', paused);
  if (!paused) return turn();
  clearTimeout(timer);
  tellState('paused', 'Paused');
});
document.addEventListener('visibilitychange', () => {
  if (!document.hidden && !paused) turn();
});

at('charts').append(...charts.map(chart));
at('panels').append(...panels.map((panel) => panel.element));
document.querySelector('main').hidden = false;
turn();

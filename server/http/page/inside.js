// What the panels say, of what /stats.json has.

import { make, say } from './element.js';
import { bytes, count, micros, percent, rate, second, span, trim, whole } from './format.js';
import { Panel } from './panel.js';

// Calls are told since the start; how many there are in a second follows from what was told some seconds ago.
const WINDOW = 5;
let told = [];
export const remember = (stats) => {
  const at = stats.server.now_ms;
  if (told.length && (told[0].pid !== stats.server.pid || told[told.length - 1].at > at)) told = [];
  told = [...told.slice(-WINDOW), { at, pid: stats.server.pid, calls: new Map((stats.commands ?? []).map((c) => [c.name, c.calls])) }];
};
const perSecond = (command) => {
  const first = told[0];
  const ms = told[told.length - 1].at - first.at;
  return ms > 0 ? ((command.calls - (first.calls.get(command.name) ?? 0)) * 1000) / ms : NaN;
};

const sum = (rows, name) => rows.reduce((all, row) => all + row[name], 0);

// The families that take the most time first, and so within each.
const byFamily = (commands) => {
  if (!commands) return commands;
  const rows = commands.map((c) => ({ ...c, errors: c.failed + c.rejected, perSecond: perSecond(c) }));
  const all = sum(rows, 'usec') || 1;
  const families = [...new Set(rows.map((row) => row.family))].map((name) => {
    const members = rows.filter((row) => row.family === name).sort((a, b) => b.usec - a.usec);
    const group = { group: true, name };
    for (const of of ['usec', 'calls', 'errors', 'perSecond']) group[of] = sum(members, of);
    return [group, ...members];
  });
  families.sort(([a], [b]) => b.usec - a.usec);
  return families.flat().map((row) => ({ ...row, share: row.usec / all }));
};

const number = (title, value, width = '5.2em', more = {}) => ({ name: title, value, width, number: true, ...more });
const name = (title, value, width) => ({ name: title, value, width, key: true });
const timeOf = (name) => (row) => (row.group ? '' : micros(row[name]));
const ratioOf = ({ hits, misses }) => percent(hits + misses > 0 ? hits / (hits + misses) : NaN);

const sharesOf = (rows, name) => {
  const top = Math.max(1, ...(rows ?? []).map((row) => row[name]));
  return rows?.map((row) => ({ ...row, share: row[name] / top }));
};
const share = { bar: (row) => row.share };

const leases = ({ cache: c, leases: now }) => c && [
  ['computed now', whole(now?.now)], ['waiting now', whole(now?.waiters)],
  ['hits', count(c.hits)], ['stale shown', count(c.stale)], ['won', count(c.wins)], ['won early', count(c.early)],
  ['waited', count(c.waits)], ['waited in vain', count(c.timeouts)], ['fills', count(c.fills)], ['fills refused', count(c.refused)],
  ['renewed', count(c.renewed)], ['released', count(c.released)], ['tags purged', count(c.bumps)], ['purged softly', count(c.soft_bumps)],
  ['tags remembered', count(c.bumped_tags)], ['dead removed', count(c.reaped)],
];

const totals = ({ totals: t, keys }) => t && [
  ['commands', count(t.commands)], ['connections', count(t.connections)], ['hits', count(t.hits)], ['misses', count(t.misses)],
  ['evicted', count(t.evicted)], ['expired', count(t.expired)], ['invalidated', count(t.invalidated)],
  ['refused clients', count(t.rejected)], ['received', bytes(t.in_bytes)], ['sent', bytes(t.out_bytes)],
  ...(keys?.dbs ?? []).map((db) => [`keys of database ${db.db}`, `${whole(db.keys)}, ${count(db.expires)} expire`]),
];

const memoryAndProcess = ({ memory, server }) => memory && [
  ['data', bytes(memory.used)], ['limit', memory.max ? trim(bytes(memory.max)) : 'none'],
  ['most there was', bytes(memory.peak)], ['process', bytes(memory.rss)],
  ['fragmentation', memory.fragmentation], ['policy', memory.policy],
  ['scripts', bytes(memory.lua)], ['tracking clients', bytes(memory.tracked)],
  ['process id', String(server.pid)], ['loops', String(server.loops)],
];

// First what people look for, then all else, as INFO calls it.
const nearcache = ({ nearcache: near }) => near && [
  ['link', near.link], ['round trip', micros(near.rtt_us)], ['copies', whole(near.copies)], ['their bytes', bytes(near.bytes)],
  ['pushes', count(near.pushes)],
  ...Object.entries(near).filter(([name]) => !['enabled', 'link', 'rtt_us', 'copies', 'bytes', 'pushes'].includes(name))
    .map(([name, value]) => [name.replace(/_/g, ' '), typeof value === 'number' ? count(value) : value]),
];

const whyBox = () => {
  const key = make('input', { id: 'key', autocomplete: 'off', spellcheck: 'false', placeholder: 'a key', maxlength: 4096 });
  const answer = make('output', { for: 'key', class: 'why' });
  const form = make('form', { class: 'ask' }, make('label', { for: 'key' }, 'Why is it answered as it is?'), key,
    make('button', {}, 'Ask'), answer);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (!key.value) return say(answer, '');
    try {
      const response = await fetch('/stats.json?why=' + encodeURIComponent(key.value));
      const said = response.ok ? (await response.json()).why : [await response.text()];
      say(answer, said?.join('\n') ?? 'Nothing: there is no upstream.');
    } catch {
      say(answer, 'The server does not answer.');
    }
  });
  return form;
};

export const panels = [
  { id: 'commands', title: 'Commands', note: 'by family', size: 'wide tall', rows: (s) => byFamily(s.commands),
    empty: 'No command has been run yet.',
    columns: [
      { name: 'command', value: (c) => c.name, head: true },
      number('now', (c) => rate(c.perSecond), '5.4em'), number('calls', (c) => count(c.calls)),
      number('of all time', (c) => percent(c.share), '6em', share),
      number('p50', timeOf('p50')), number('p99', timeOf('p99')), number('p99.9', timeOf('p999')),
      number('errors', (c) => count(c.errors), '4em'),
    ] },
  { id: 'hot', title: 'Hot keys', note: 'accesses of the last seconds, from samples', size: 'wide', rows: (s) => sharesOf(s.hot, 'ops'),
    empty: 'No key stands out. Keys appear here a few seconds after they are asked for often.',
    columns: [
      name('key', (k) => k.key),
      number('accesses', (k) => count(k.ops), '6em', share), number('±', (k) => count(k.error)),
      number('reads', (k) => count(k.reads)), number('writes', (k) => count(k.writes)),
      number('bytes', (k) => bytes(k.bytes), '5.4em'),
    ] },
  { id: 'big', title: 'Big keys', note: 'most memory', rows: (s) => sharesOf(s.big, 'bytes'),
    empty: 'None known yet. A walk over all keys finds them.',
    columns: [
      name('key', (k) => k.key), { name: 'type', value: (k) => k.type, width: '4.6em' },
      number('length', (k) => count(k.length)), number('bytes', (k) => bytes(k.bytes), '6em', share),
    ] },
  { id: 'prefixes', title: 'Prefixes', note: 'up to the first colon', rows: (s) => sharesOf(s.prefixes, 'bytes'),
    empty: 'No prefix yet. A walk over all keys counts them.',
    columns: [
      name('prefix', (p) => p.prefix || '(none)'), number('keys', (p) => count(p.keys)),
      number('bytes', (p) => bytes(p.bytes), '6em', share), number('hit ratio', ratioOf, '5em'),
    ] },
  { id: 'leases', title: 'Leases and tags', note: 'since the start', rows: leases },
  { id: 'near', title: 'Near cache', note: 'copies of an upstream’s keys', rows: nearcache, above: [whyBox()],
    empty: 'This server stands alone: it has no copies of another’s keys.' },
  { id: 'memory', title: 'Memory and process', size: 'one', rows: memoryAndProcess },
  { id: 'totals', title: 'Since the start', size: 'one', rows: totals },
  { id: 'slowlog', title: 'Slow log', note: 'newest first', size: 'wide', rows: (s) => s.slowlog,
    empty: 'No command was slow (slowlog-log-slower-than).',
    columns: [
      { name: 'at', value: (e) => second(e.at * 1000), width: '5em' },
      number('took', (e) => micros(e.usec), '5em'),
      name('command', (e) => e.args.join(' ')),
      name('client', (e) => e.client, '11em'),
    ] },
  { id: 'clients', title: 'Clients', size: 'wide', rows: (s) => s.clients, empty: 'Nobody is connected.',
    columns: [
      number('id', (c) => String(c.id), '3.4em'), name('address', (c) => c.addr),
      name('name', (c) => c.name || '–'), name('user', (c) => c.user, '5.2em'),
      number('db', (c) => String(c.db), '2.6em'), name('last', (c) => c.cmd, '7em'),
      number('idle', (c) => span(c.idle), '4.6em'), number('age', (c) => span(c.age), '6.4em'),
    ] },
].map((spec) => new Panel(spec));

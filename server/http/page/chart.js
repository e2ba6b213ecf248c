// Lines over time. All charts share one crosshair: what is pointed at in one, by mouse or arrow keys, is told in all,
// in the place where else the newest values stand.

import { draw, make, say, set } from './element.js';
import { minute, second, trim } from './format.js';

const EDGE = { left: 62, right: 10, top: 8, bottom: 22 };
const HEIGHT = 168;
const GAP_MS = 3500; // no line over seconds that nobody has told of

const charts = [];
let end = Date.now();
let length = 600000;
let marks = 120000;
let pointed = null; // ms, or null: the newest
let times = [];

// Some four steps: of bytes by powers of two, else 1, 2, 2.5 or 5 times one of ten.
const steps = (most, binary) => {
  const rough = Math.max(most, 4) / 4;
  const ten = 10 ** Math.floor(Math.log10(rough));
  const step = binary ? 2 ** Math.ceil(Math.log2(rough)) : [1, 2, 2.5, 5, 10].find((factor) => factor * ten >= rough * 0.999) * ten;
  return Array.from({ length: Math.max(1, Math.ceil((most * 1.02) / step)) + 1 }, (_, i) => i * step);
};
// Of what is small and sometimes a thousand times as much.
const powers = (most) => Array.from({ length: Math.ceil(Math.log10(Math.max(most, 99))) + 1 }, (_, i) => 10 ** i);

const nearest = (ms) => {
  let best = -1;
  times.forEach((at, i) => {
    if (best < 0 || Math.abs(at - ms) < Math.abs(times[best] - ms)) best = i;
  });
  return best;
};

const point = (ms) => {
  pointed = ms;
  charts.forEach((chart) => chart.tell());
};

class Chart {
  constructor(spec) {
    this.spec = spec;
    this.values = spec.lines.map(() => []);
    this.svg = draw('svg', {
      height: HEIGHT, tabindex: 0, role: 'slider', 'aria-label': spec.title + ', time',
      'aria-valuemin': -600, 'aria-valuemax': 0,
    });
    this.grid = draw('g', { class: 'grid', 'aria-hidden': true });
    this.lines = spec.lines.map((_, i) => draw('path', { class: 'line l' + i }));
    this.under = draw('path', { class: 'under' });
    this.cross = draw('path', { class: 'cross' });
    this.dots = spec.lines.map((_, i) => draw('circle', { class: 'dot l' + i, r: 3.5 }));
    this.svg.append(this.grid, this.under, ...this.lines, this.cross, ...this.dots);
    this.when = make('span', { class: 'when' });
    this.told = spec.lines.map(() => make('b'));
    this.legend = make('ul', { class: 'legend' }, ...spec.lines.map((line, i) => this.key(line, i)));
    this.empty = make('p', { class: 'empty' }, spec.empty ?? 'Nothing yet');
    this.element = make('figure', { class: 'chart' },
      make('figcaption', {}, make('h3', {}, spec.title), this.when), this.legend,
      make('div', { class: 'plot' }, this.svg, this.empty));
    this.listen();
    charts.push(this);
  }

  key(line, i) {
    const sample = draw('svg', { width: 16, height: 8, 'aria-hidden': true }, draw('path', { class: 'line l' + i, d: 'M0 4H16' }));
    return make('li', {}, sample, line.name, this.told[i]);
  }

  listen() {
    new ResizeObserver(() => this.paint()).observe(this.svg);
    this.svg.addEventListener('pointermove', (event) => {
      const at = event.clientX - this.svg.getBoundingClientRect().left;
      point(end - length + ((at - EDGE.left) / this.width) * length);
    });
    this.svg.addEventListener('pointerleave', () => point(null));
    this.svg.addEventListener('blur', () => point(null));
    this.svg.addEventListener('keydown', (event) => this.move(event));
  }

  move(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: -10, ArrowUp: 10, PageDown: -60, PageUp: 60, Home: -600, End: 600 };
    if (event.key === 'Escape') return point(null);
    const step = steps[event.key];
    if (step === undefined || !times.length) return;
    event.preventDefault();
    const from = pointed === null ? times.length - 1 : nearest(pointed);
    point(times[Math.min(times.length - 1, Math.max(0, from + step))]);
  }

  update() {
    this.values = this.spec.lines.map((line) => line.values());
    this.paint();
  }

  x(ms) {
    return EDGE.left + (1 - (end - ms) / length) * this.width;
  }

  y(value) {
    const part = this.spec.log ? Math.log(Math.max(value, 1)) / Math.log(this.top) : value / this.top;
    return HEIGHT - EDGE.bottom - part * (HEIGHT - EDGE.top - EDGE.bottom);
  }

  paint() {
    this.width = this.svg.clientWidth - EDGE.left - EDGE.right;
    if (this.width < 50) return;
    const most = this.values.flat().reduce((a, b) => (b > a ? b : a), 0);
    this.marks = this.spec.log ? powers(most) : this.spec.top ? [0, 0.25, 0.5, 0.75, 1] : steps(most, this.spec.binary);
    this.top = this.marks[this.marks.length - 1];
    this.paintGrid();
    this.values.forEach((values, i) => set(this.lines[i], 'd', this.path(values)));
    set(this.under, 'd', this.spec.filled ? this.area(this.values[0]) : '');
    this.empty.hidden = this.values.some((values) => values.some((value) => value > 0));
    this.tell();
  }

  paintGrid() {
    const parts = [];
    for (const value of this.marks) {
      const y = Math.round(this.y(value)) + 0.5;
      parts.push(draw('path', { d: `M${EDGE.left} ${y}H${EDGE.left + this.width}` }));
      parts.push(draw('text', { x: EDGE.left - 8, y: y + 4, 'text-anchor': 'end' }, value ? trim(this.spec.format(value)) : '0'));
    }
    for (let ms = Math.ceil((end - length) / marks) * marks; ms <= end; ms += marks) {
      const x = Math.round(this.x(ms)) + 0.5;
      parts.push(draw('path', { d: `M${x} ${HEIGHT - EDGE.bottom}v5` }));
      if (x > EDGE.left + 14 && x < EDGE.left + this.width - (marks < 60000 ? 18 : 8))
        parts.push(draw('text', { x, y: HEIGHT - 4, 'text-anchor': 'middle' }, marks < 60000 ? second(ms) : minute(ms)));
    }
    this.grid.replaceChildren(...parts);
  }

  // [first, last] of what is drawn without a gap.
  pieces(values) {
    const pieces = [];
    let from = -1;
    values.forEach((value, i) => {
      if (!Number.isFinite(value) || times[i] < end - length) return;
      const joined = from >= 0 && times[i] - times[i - 1] <= GAP_MS && Number.isFinite(values[i - 1]);
      if (joined) pieces[pieces.length - 1][1] = i;
      else pieces.push([(from = i), i]);
    });
    return pieces;
  }

  run(values, [from, to]) {
    let path = '';
    for (let i = from; i <= to; i++) path += `${i > from ? 'L' : 'M'}${this.x(times[i]).toFixed(1)} ${this.y(values[i]).toFixed(1)}`;
    return path + (from === to ? 'h2' : '');
  }

  path(values) {
    return this.pieces(values).map((piece) => this.run(values, piece)).join('');
  }

  area(values) {
    const floor = this.y(0);
    return this.pieces(values)
      .map((piece) => `${this.run(values, piece)}L${this.x(times[piece[1]]).toFixed(1)} ${floor}H${this.x(times[piece[0]]).toFixed(1)}Z`)
      .join('');
  }

  tell() {
    const at = pointed === null ? times.length - 1 : nearest(pointed);
    const shown = pointed !== null && at >= 0;
    const texts = this.spec.lines.map((line, i) => this.spec.format(at < 0 ? NaN : this.values[i][at]));
    texts.forEach((text, i) => say(this.told[i], text));
    say(this.when, shown ? second(times[at]) : 'now');
    set(this.svg, 'aria-valuenow', at < 0 ? 0 : Math.round((times[at] - end) / 1000));
    set(this.svg, 'aria-valuetext', (at < 0 ? '' : second(times[at]) + ': ') + this.spec.lines.map((line, i) => line.name + ' ' + texts[i]).join(', '));
    if (!this.width) return;
    const x = shown ? Math.round(this.x(times[at])) + 0.5 : 0;
    set(this.cross, 'd', shown ? `M${x} ${EDGE.top}V${HEIGHT - EDGE.bottom}` : '');
    this.dots.forEach((dot, i) => {
      const value = shown ? this.values[i][at] : NaN;
      set(dot, 'visibility', Number.isFinite(value) ? 'visible' : 'hidden');
      if (!Number.isFinite(value)) return;
      set(dot, 'cx', x);
      set(dot, 'cy', this.y(value));
    });
  }
}

export const chart = (spec) => new Chart(spec).element;
export const update = (known, nowMs, [ms, every]) => {
  [times, end, length, marks] = [known, nowMs, ms, every];
  charts.forEach((one) => one.update());
};

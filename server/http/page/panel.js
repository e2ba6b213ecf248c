// A panel is a heading and a place of a fixed height: it scrolls, so that nothing on the page jumps when there is more
// or less to tell. Three kinds: a table, a list of names and values, and what is neither.

import { make, say, set } from './element.js';

const FORBIDDEN = 'This user may not see it.';

const cell = (column) => {
  const made = make(column.head ? 'th' : 'td', column.head ? { scope: 'row' } : {});
  if (column.number) made.className = 'number';
  if (column.key) made.className = 'key';
  if (column.bar) made.append(make('span', { class: 'bar', 'aria-hidden': true }));
  made.append(make('span'));
  return made;
};

// A share, drawn behind the number that it belongs to.
const fill = (made, column, row) => {
  const text = column.value(row);
  say(made.lastChild, text);
  if (column.key) set(made, 'title', text);
  if (column.bar) made.firstChild.style.width = `${Math.min(1, column.bar(row) || 0) * 100}%`;
};

export class Panel {
  constructor(spec) {
    this.spec = spec;
    this.body = make('div', { class: 'body', tabindex: 0, role: 'group', 'aria-label': spec.title });
    this.empty = make('p', { class: 'empty' });
    this.element = make('section', { class: 'panel ' + (spec.size ?? '') , id: spec.id },
      make('h3', {}, spec.title, make('small', {}, spec.note ?? '')), ...(spec.above ?? []), this.body);
    if (spec.columns) this.makeTable();
    else this.list = make('dl');
    this.body.append(this.table ?? this.list, this.empty);
  }

  makeTable() {
    const head = this.spec.columns.map((column) => make('th', { scope: 'col', class: column.number ? 'number' : '' }, column.name));
    this.rows = make('tbody');
    const widths = this.spec.columns.map((column) => {
      const made = make('col');
      if (column.width) made.style.width = column.width;
      return made;
    });
    this.table = make('table', {}, make('colgroup', {}, ...widths), make('thead', {}, make('tr', {}, ...head)), this.rows);
  }

  update(stats) {
    const rows = this.spec.rows(stats);
    const none = rows === undefined ? FORBIDDEN : rows === null || !rows.length ? this.spec.empty : '';
    const shown = this.table ?? this.list;
    say(this.empty, none);
    this.empty.hidden = !none;
    shown.hidden = Boolean(none);
    if (none) return;
    if (this.table) this.tell(rows);
    else this.enumerate(rows);
  }

  tell(rows) {
    const { columns } = this.spec;
    while (this.rows.children.length > rows.length) this.rows.lastChild.remove();
    rows.forEach((row, i) => {
      const line = this.rows.children[i] ?? this.rows.appendChild(make('tr', {}, ...columns.map(cell)));
      line.className = row.group ? 'group' : '';
      columns.forEach((column, j) => fill(line.children[j], column, row));
    });
  }

  enumerate(pairs) {
    while (this.list.children.length > pairs.length) this.list.lastChild.remove();
    pairs.forEach(([name, value], i) => {
      const item = this.list.children[i] ?? this.list.appendChild(make('div', {}, make('dt'), make('dd')));
      say(item.firstChild, name);
      say(item.lastChild, value);
    });
  }
}

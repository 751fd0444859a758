/* The run as a grid: a column a position, a row a variable, then scores and answer. It is an ARIA grid: one stop of the
   Tab key, arrow keys inside. Each cell says what it stands for in its dataset: kind, name, position, label. */

const WINDOW = 48; // columns shown at once

class Grid {
  /** `inspect(subject)` is called for the cell under the pointer or in focus, `inspect(null)` when the pointer leaves. */
  constructor(panel, inspect) {
    this.panel = panel;
    this.first = 0;
    this.node = element("div", { class: "grid-box" });
    this.inspect = inspect;
    this.node.addEventListener("focusin", (event) => this.entered(event, true));
    this.node.addEventListener("pointerover", (event) => this.entered(event, false));
    this.node.addEventListener("pointerleave", () => inspect(null, false));
    this.node.addEventListener("keydown", (event) => this.move(event));
  }

  /** The subject of the cell of an event. */
  entered(event, focused) {
    const cell = event.target.closest("[data-kind]");
    if (!cell) return;
    if (focused) this.reachable(cell);
    this.inspect(subjectOf(cell, this.panel), focused);
  }

  /** Positions in view: [first, last). */
  get window() {
    return [this.first, Math.min(this.first + WINDOW, this.panel.run.trace.tokens.length)];
  }

  draw() {
    const { model, run } = this.panel;
    const held = this.node.contains(document.activeElement) ? document.activeElement.dataset : null;
    if (this.first >= run.trace.tokens.length) this.first = 0;
    const title = `${model.name}: every variable at every position`;
    const grid = element("table", { role: "grid", class: "run", "aria-label": title }, this.head(), this.bodies());
    this.node.replaceChildren(...[this.pager(), element("div", { class: "scroll" }, grid)].filter(Boolean));
    const cells = [...this.node.querySelectorAll("[data-kind]")];
    const again = held && cells.find((cell) => sameData(cell.dataset, held));
    this.reachable(again ?? cells[0]);
    if (again) again.focus();
  }

  /** Makes one cell the grid's only stop of the Tab key. */
  reachable(cell) {
    this.node.querySelector("[data-kind][tabindex='0']")?.setAttribute("tabindex", "-1");
    cell.setAttribute("tabindex", "0");
  }

  head() {
    const { run } = this.panel;
    const cells = this.columns((i) => {
      const marker = i < run.from || i >= run.to;
      const token = run.trace.tokens[i];
      const mapped = token !== run.tokens[i];
      return element(
        "th",
        { scope: "col", class: marker ? "marker" : null, ...cellData("position", { position: i }) },
        element("span", { class: "index" }, `${i}`),
        element("bdi", { class: mapped ? "token mapped" : "token", title: mapped ? `${run.tokens[i]} is ${token === UNKNOWN ? "unknown" : "read so"}` : null }, show(token)),
      );
    });
    return element("thead", {}, element("tr", {}, element("th", { scope: "col", class: "corner" }, "position"), cells));
  }

  bodies() {
    const { model, run } = this.panel;
    const inner = model.readers.has("positions") ? [["positions"]] : [];
    const layers = model.layers.map((layer) => [layer, model.variablesOf(layer)]);
    const bodies = [...inner.map((names) => ["input", names]), ...layers].map(([layer, names]) =>
      element("tbody", { "data-layer": layer === "input" ? 0 : layer }, this.title(layer), names.map((name) => this.variableRow(name))),
    );
    const scores = model.labels.map((name, o) => this.scoreRow(name, o));
    const last = element("tbody", { "data-layer": "answer" }, this.title("answer"), scores, this.answerRow(run));
    return [...bodies, last];
  }

  title(layer) {
    const text = typeof layer === "number" ? `layer ${layer}` : layer;
    const span = this.window[1] - this.window[0] + 1;
    return element("tr", { class: "title" }, element("th", { scope: "rowgroup", colspan: span }, element("span", {}, text)));
  }

  variableRow(name) {
    const { model, run } = this.panel;
    const column = run.trace.columns.get(name);
    const kind = model.nodes.has(name) ? kindOfNode(model.nodes.get(name)) : "input";
    const header = element("th", { scope: "row", class: kind, title: model.describe(name), ...cellData("variable", { name }) }, name);
    const cells = this.columns((i) =>
      element("td", { class: `value ${kindOf(column[i])}`, ...cellData("cell", { name, position: i }) }, element("bdi", {}, show(column[i]))),
    );
    return element("tr", { "data-row": name }, header, cells);
  }

  scoreRow(name, o) {
    const { model, run } = this.panel;
    const header = element("th", { scope: "row", class: "label", ...cellData("label", { label: o }) }, element("bdi", {}, show(name)));
    const cell = (i) => {
      const row = run.trace.scores[i];
      const best = model.decodes ? run.trace.answer[i] === name : argmax(row) === o;
      return element("td", { class: best ? "score best" : "score", ...cellData("score", { label: o, position: i }) }, repr(row[o]).replace("-", "−"));
    };
    return element("tr", {}, header, model.pooled ? this.pooledCell(cell(0)) : this.columns(cell));
  }

  answerRow(run) {
    const { model } = this.panel;
    const cell = (i) => {
      const marker = !model.pooled && (i < run.from || i >= run.to);
      const value = run.trace.answer[i];
      return element("td", { class: marker ? "answer marker" : "answer", ...cellData("answer", { position: i }) }, element("bdi", {}, show(value)));
    };
    const header = element("th", { scope: "row" }, "answer");
    return element("tr", { class: "answers" }, header, model.pooled ? this.pooledCell(cell(0)) : this.columns(cell));
  }

  pooledCell(cell) {
    cell.setAttribute("colspan", this.window[1] - this.window[0]);
    return cell;
  }

  columns(make) {
    const [first, last] = this.window;
    return Array.from({ length: last - first }, (_, k) => make(first + k));
  }

  /** Where there are more positions than columns: which are shown, and two buttons. */
  pager() {
    const n = this.panel.run.trace.tokens.length;
    if (n <= WINDOW) return null;
    const [first, last] = this.window;
    const turn = (by) => {
      this.first = Math.min(Math.max(0, this.first + by), n - 1 - ((n - 1) % WINDOW));
      this.panel.redraw();
      this.node.querySelector(by < 0 ? ".pager button" : ".pager button:last-child").focus();
    };
    const button = (text, by, off) => {
      const made = element("button", { type: "button", disabled: off }, text);
      made.addEventListener("click", () => turn(by));
      return made;
    };
    return element(
      "div",
      { class: "pager" },
      button("◂ earlier", -WINDOW, first === 0),
      element("span", { role: "status" }, `positions ${first}–${last - 1} of ${n}`),
      button("later ▸", WINDOW, last === n),
    );
  }

  /** Arrow keys, Home and End, as the ARIA practice for grids has them. */
  move(event) {
    const cell = event.target.closest("[data-kind]");
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], Home: [0, -Infinity], End: [0, Infinity] }[event.key];
    if (!cell || !step || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const rows = [...this.node.querySelectorAll("tr")].map((row) => [...row.querySelectorAll("[data-kind]")]).filter((row) => row.length > 0);
    const at = rows.findIndex((row) => row.includes(cell));
    const place = placeIn(cell);
    const row = rows[Math.min(Math.max(at + step[0], 0), rows.length - 1)];
    const next = step[0] !== 0 ? closestIn(row, place) : row[Math.min(Math.max(row.indexOf(cell) + step[1], 0), row.length - 1)];
    next.focus();
  }
}

/** The column a cell stands in: -1 for row headers. */
function placeIn(cell) {
  return cell.dataset.position === undefined ? -1 : Number(cell.dataset.position);
}

function closestIn(row, place) {
  return row.reduce((best, cell) => (Math.abs(placeIn(cell) - place) < Math.abs(placeIn(best) - place) ? cell : best));
}

function cellData(kind, data) {
  const entries = Object.entries({ kind, ...data }).map(([key, value]) => [`data-${key}`, value]);
  return { tabindex: "-1", ...Object.fromEntries(entries) };
}

function sameData(a, b) {
  return ["kind", "name", "position", "label"].every((key) => a[key] === b[key]);
}

/** What a cell stands for. */
function subjectOf(cell, panel) {
  const { kind, name, position, label } = cell.dataset;
  return { panel, kind, name, position: position && Number(position), label: label && Number(label) };
}

/** How variables are coloured: by what computes them. */
function kindOfNode(node) {
  if (node.is === "Closest") return "head";
  return node.selector ? "count" : "table";
}

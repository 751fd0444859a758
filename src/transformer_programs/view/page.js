/* The page: what is typed, which layer is shown, what is inspected, and how grid, graph and code follow. */

const data = readProgram(byId("data").textContent);
const models = data.programs.map((program) => new Model(program));
const inputs = [byId("input-0"), byId("input-1")];
const second = byId("second");
const slider = byId("layer");
const MOST_LAYERS = Math.max(...models.map((model) => model.layers.length)) + 1;

let panels = [];
let focused = null; // the subject in focus; the pointer shows others for as long as it is over them

// --- runs --------------------------------------------------------------------------------------------------------

/** Makes the panels anew: one, or two where there are two programs or two inputs. */
function arrange() {
  const two = models.length > 1 || second.checked;
  byId("second-row").hidden = !second.checked;
  panels = (two ? [0, 1] : [0]).map((k) => new Panel(k, models[k] ?? models[0], inspect, mark));
  byId("runs").replaceChildren(...panels.map((panel) => panel.node));
  byId("runs").classList.toggle("two", two);
  focused = null;
  runAll();
}

function runAll() {
  panels.forEach((panel, k) => (panel.run = null));
  panels.forEach((panel, k) => panel.take(inputs[second.checked ? k : 0].value, headingOf(panel, k)));
  remember();
  if (!focused || !panels.includes(focused.panel) || !stillThere(focused)) {
    focused = panels[0].run.trace ? { panel: panels[0], kind: "answer", position: panels[0].model.pooled ? 0 : panels[0].run.from } : null;
  }
  present(focused, false);
}

function headingOf(panel, k) {
  if (panels.length === 1) return "";
  const letter = "AB"[k];
  return models.length > 1 ? `${letter}: ${panel.model.name}` : `${letter}: ${inputs[k].value}`;
}

/** Whether a subject's position exists in its panel's run. */
function stillThere({ panel, position }) {
  return panel.run.trace !== undefined && (position === undefined || position < panel.run.trace.tokens.length);
}

/** What depends on all panels: differences, layers in view. Called whenever one is drawn. */
function mark() {
  if (panels.some((panel) => !panel.run)) return;
  if (panels.length === 2) {
    const { marks, says } = comparison(...panels);
    panels.filter((panel) => panel.run.trace).forEach((panel) => markDifferences(panel.grid, shifted(marks, panel)));
    byId("comparison").textContent = says;
  } else {
    byId("comparison").textContent = "";
  }
  step();
}

/** Answers are marked as the first run counts positions; another frame moves them. */
function shifted(marks, panel) {
  const by = panel.run.from - panels[0].run.from;
  if (by === 0) return marks;
  return new Set([...marks].map((text) => text.replace(/^@answer (\d+)$/, (_, i) => `${ANSWER} ${Number(i) + by}`)));
}

/** The inputs in the page's address, so that a run can be linked to. */
function remember() {
  const fields = new URLSearchParams({ input: inputs[0].value, ...(second.checked ? { second: inputs[1].value } : {}) });
  try {
    history.replaceState(null, "", `#${fields}`);
  } catch {
    // Some viewers do not let a file change its address; nothing depends on it.
  }
}

// --- layers ------------------------------------------------------------------------------------------------------

/** Shows the layers up to the slider's, in grid, graph and code. */
function step() {
  const shown = Number(slider.value);
  const all = shown >= MOST_LAYERS;
  const isLater = (model, layer) =>
    layer === "answer" ? !all : Number(layer) > 0 && model.layers.indexOf(Number(layer)) >= shown;
  panels.forEach((panel) => {
    panel.answer.classList.toggle("later", !all);
    panel.grid.node.querySelectorAll("[data-layer]").forEach((part) => part.classList.toggle("later", isLater(panel.model, part.dataset.layer)));
  });
  document.querySelectorAll("[data-program]").forEach((program) => {
    const model = models[Number(program.dataset.program)];
    program.querySelectorAll("[data-layer]").forEach((part) => part.classList.toggle("later", isLater(model, part.dataset.layer)));
  });
  const text = stepText(shown);
  byId("layer-text").textContent = text;
  slider.setAttribute("aria-valuetext", text);
  byId("back").disabled = shown === 0;
  byId("next").disabled = all;
}

function stepText(shown) {
  if (shown >= MOST_LAYERS) return "everything, with the answer";
  if (shown === 0) return "the input alone";
  const [model] = models;
  const names = shown <= model.layers.length ? model.variablesOf(model.layers[shown - 1]) : [];
  const list = names.length > 6 ? `${names.slice(0, 6).join(", ")} and ${names.length - 6} more` : names.join(", ");
  return `up to layer ${shown}${list ? `, which adds ${list}` : ""}`;
}

// --- inspecting --------------------------------------------------------------------------------------------------

/** Shows a subject; null: what is in focus again. Focus is also told to the screen reader, in one sentence. */
function inspect(subject, isFocus = false) {
  if (isFocus) focused = subject;
  const says = present(subject ?? focused);
  if (isFocus) byId("announce").textContent = says;
}

function present(subject, scrolls = true) {
  const box = byId("inspected");
  highlight(subject, scrolls);
  if (!subject || (!subject.panel.run.trace && subject.kind !== "variable")) {
    box.replaceChildren(element("p", { class: "note" }, "Point at a token, a variable, a cell or a score, or move there with the arrow keys."));
    return "";
  }
  const { title, says, body } = viewOf(subject);
  const whose = panels.length === 2 ? element("span", { class: "whose" }, "AB"[subject.panel.number]) : null;
  box.replaceChildren(element("h3", {}, whose, title), ...[body].flat(Infinity));
  return says;
}

/** Marks what a subject is and what it was made from, in its grid, graph and code. */
function highlight(subject, scrolls) {
  document.querySelectorAll(".on, .source, .beside").forEach((part) => part.classList.remove("on", "source", "beside"));
  if (!subject) return;
  const { panel, kind, name, position } = subject;
  const { model, run } = panel;
  const variable = kind === "answer" ? model.program.output.variable ?? ANSWER : ["score", "label"].includes(kind) ? ANSWER : name;
  if (variable !== undefined) markProgram(models.indexOf(model), model, variable, scrolls);
  if (!run.trace) return;
  const grid = panel.grid.node;
  const cells = (row, i) => grid.querySelectorAll(`[data-name="${CSS.escape(row)}"][data-position="${i}"]`);
  if (kind === "position") grid.querySelectorAll(`[data-position="${position}"]`).forEach((cell) => cell.classList.add("beside"));
  if (kind === "variable") grid.querySelectorAll(`[data-name="${CSS.escape(name)}"]`).forEach((cell) => cell.classList.add("beside"));
  if (kind !== "cell") return;
  cells(name, position).forEach((cell) => cell.classList.add("on"));
  const node = model.nodes.get(name);
  if (node?.selector) {
    const js = run.trace.matches.get(name)[position];
    const read = node.is === "Closest" ? [closestPosition(js, position)] : js;
    js.forEach((j) => grid.querySelector(`thead [data-position="${j}"]`)?.classList.add("beside"));
    if (node.values) read.forEach((j) => cells(node.values, j).forEach((cell) => cell.classList.add("source")));
    read.forEach((j) => grid.querySelector(`thead [data-position="${j}"]`)?.classList.add("source"));
  } else if (node) {
    model.sources.get(name).forEach((source) => cells(source, position).forEach((cell) => cell.classList.add("source")));
    if (model.sources.get(name).includes("tokens")) grid.querySelector(`thead [data-position="${position}"]`)?.classList.add("source");
  }
}

/** The same in the code and the graph of a program. */
function markProgram(number, model, variable, scrolls) {
  const box = document.querySelector(`[data-program="${number}"]`);
  const marked = (name, mark) => box.querySelectorAll(`[data-variable="${CSS.escape(name)}"]`).forEach((part) => part.classList.add(mark));
  marked(variable, "on");
  const sources = variable === ANSWER ? referencesOf(model.program.output) : model.sources.get(variable) ?? [];
  sources.forEach((source) => box.querySelectorAll(`.graph [data-variable="${CSS.escape(source)}"]`).forEach((part) => part.classList.add("source")));
  box.querySelectorAll(`.graph path[data-to="${CSS.escape(variable)}"]`).forEach((edge) => edge.classList.add("on"));
  const line = box.querySelector(".line.on");
  if (line && scrolls) keepInView(line.closest("pre"), line);
}

/** Scrolls a box, never the page, so that one of its lines is seen. */
function keepInView(box, line) {
  const [top, height] = [line.offsetTop - box.offsetTop, box.clientHeight];
  if (top < box.scrollTop || top + line.offsetHeight > box.scrollTop + height) box.scrollTop = top - height / 3;
}

// --- events ------------------------------------------------------------------------------------------------------

/** The panel that shows a program's run; variables of graph and code are inspected there. */
const panelOf = (part) => panels[Number(part.closest("[data-program]").dataset.program)] ?? panels[0];

function programEvent(event, isFocus) {
  const part = event.target.closest("[data-variable]");
  if (!part) return;
  const { variable } = part.dataset;
  const panel = panelOf(part);
  const known = panel.model.nodes.has(variable) || variable === "tokens" || variable === "positions";
  if (!known && !panel.run.trace) return;
  const answer = { panel, kind: "answer", position: panel.model.pooled ? 0 : panel.run.from };
  inspect(known ? { panel, kind: "variable", name: variable } : answer, isFocus);
}

/** Arrow keys in a graph: one node after another, in the program's order. */
function moveInGraph(event) {
  const by = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (!by) return;
  event.preventDefault();
  const nodes = [...event.currentTarget.querySelectorAll(".node")];
  const at = nodes.indexOf(event.target.closest(".node"));
  const next = nodes[Math.min(Math.max(at + by, 0), nodes.length - 1)];
  nodes[at].setAttribute("tabindex", "-1");
  next.setAttribute("tabindex", "0");
  next.focus();
}

function theme(name) {
  document.documentElement.dataset.theme = name;
  byId("theme").value = name;
}

function start() {
  inputs.forEach((input) => input.addEventListener("input", runAll));
  second.addEventListener("change", arrange);
  slider.max = MOST_LAYERS;
  slider.value = MOST_LAYERS;
  slider.addEventListener("input", step);
  const turn = (by) => () => {
    slider.value = Number(slider.value) + by;
    step();
  };
  byId("back").addEventListener("click", turn(-1));
  byId("next").addEventListener("click", turn(1));
  document.querySelectorAll(".graph, .code").forEach((box) => {
    box.addEventListener("pointerover", (event) => programEvent(event, false));
    box.addEventListener("pointerleave", () => inspect(null));
    box.addEventListener("focusin", (event) => programEvent(event, true));
  });
  document.querySelectorAll(".graph").forEach((graph) => graph.addEventListener("keydown", moveInGraph));
  document.querySelectorAll("[data-token]").forEach((chip) =>
    chip.addEventListener("click", () => {
      inputs[0].value = [...splitWords(inputs[0].value), chip.dataset.token].join(" ");
      runAll();
    }),
  );
  byId("theme").addEventListener("change", (event) => theme(event.target.value));
  byId("print").addEventListener("click", () => print());
  const asked = new URLSearchParams(location.hash.slice(1));
  inputs[0].value = asked.get("input") ?? data.input;
  inputs[1].value = asked.get("second") ?? data.second;
  second.checked = asked.has("second");
  arrange();
  document.documentElement.dataset.ready = "true";
  performance.mark("ready"); // what the time to open is measured by (docs/view.md)
}

start();

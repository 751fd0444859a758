/* Why a value is what it is: short texts and tables for the inspector, made from a trace. */

const LISTED = 40; // rows of a table that are written out

/** One sentence on how a variable got its value at a position: an array of texts and elements. */
function reason(model, trace, name, i) {
  const node = model.nodes.get(name);
  const at = (ref, j = i) => valueOf(trace.columns.get(ref)[j]);
  if (name === "tokens") return ["the token at position ", `${i}`];
  if (name === "positions") return ["the position itself"];
  switch (node.is) {
    case "Constant":
      return ["the same everywhere"];
    case "Table":
      return ["the table’s cell for ", joined(node.reads.map((read) => [nameOf(read.variable), " = ", seen(trace, read, i)]))];
    case "Apply":
      return applied(node, node.arguments.map((ref) => [nameOf(ref), " ", at(ref)]));
    case "Lookup":
      return ["the dictionary’s entry for ", nameOf(node.argument), " = ", at(node.argument)];
    case "Spelled":
      return [`the dictionary’s entry for the ${node.function} of the token as it is written, `, valueOf(SPELLINGS[node.function](trace.written[i]))];
    default:
      return headReason(node, trace, name, i);
  }
}

/** A value as a table reads it, with the limit where it bites. */
function seen(trace, read, i) {
  const value = trace.columns.get(read.variable)[i];
  const cut = saturate(value, read.limit);
  return equal(cut, value) ? valueOf(value) : [valueOf(value), `, read as ${repr(cut)}`];
}

function applied(node, operands) {
  const names = { "^": "**", neg: "-" };
  const operator = names[node.operator] ?? node.operator;
  if (node.operator === "if") return [operands[1], " if ", operands[0], " else ", operands[2]];
  if (operands.length === 2 && !["min", "max"].includes(operator)) return [operands[0], ` ${operator} `, operands[1]];
  return [`${operator}(`, joined(operands), ")"];
}

function headReason(node, trace, name, i) {
  const js = trace.matches.get(name)[i];
  const places = js.length === 0 ? "no position" : positionsText(js);
  const noMatch = js.length === 0;
  switch (node.is) {
    case "Width":
      return ["selects ", places, noMatch ? ": 0" : `: ${js.length} in all`];
    case "Closest": {
      const j = closestPosition(js, i);
      const from = [nameOf(node.values), " at position ", `${j}`];
      return noMatch ? ["selects no position, so it reads ", from] : ["selects ", places, "; reads ", from];
    }
    case "Total":
      return ["selects ", places, noMatch ? ": 0" : "; the sum of ", noMatch ? "" : nameOf(node.values), " there"];
    default: {
      const what = { Mean: "the mean of ", Largest: "the largest of ", Smallest: "the smallest of " }[node.is];
      return noMatch ? ["selects no position: its default"] : ["selects ", places, "; ", what, nameOf(node.values), " there"];
    }
  }
}

/** "position 3", "positions 1, 2, 5–9". */
function positionsText(js) {
  const texts = runsOf(js).map(([a, b]) => (a === b ? `${a}` : b === a + 1 ? `${a}, ${b}` : `${a}–${b}`));
  const shown = texts.length > 12 ? [...texts.slice(0, 12), "…"] : texts;
  return `${js.length === 1 ? "position" : "positions"} ${shown.join(", ")}`;
}

function joined(items, mark = ", ") {
  return items.flatMap((item, i) => (i === 0 ? [item] : [mark, item]));
}

// --- tables and predicates ---------------------------------------------------------------------------------------

/** A Table's cells, those that the run reads marked; of a large one the cells that the run reads only. */
function cellsView(model, run, name) {
  const node = model.nodes.get(name);
  const used = run.trace ? new Set(model.interpreter.cellsRead(node, run.trace.columns)) : new Set();
  const domains = node.reads.map((read) => readDomain(read, model.interpreter.domains));
  const headers = node.reads.map((read) => readText(read));
  if (domains.length === 2 && domains[0].length <= 24 && domains[1].length <= 14) {
    const rows = domains[0].map((x, r) => [
      element("th", { scope: "row" }, valueOf(x)),
      domains[1].map((_, c) => {
        const cell = r * domains[1].length + c;
        return element("td", { class: used.has(cell) ? "used" : null }, valueOf(node.cells[cell]));
      }),
    ]);
    const top = element("tr", {}, element("th", {}, `${headers[0]} ↓  ${headers[1]} →`), domains[1].map((y) => element("th", { scope: "col" }, valueOf(y))));
    return [
      element("table", { class: "plain matrix" }, element("thead", {}, top), element("tbody", {}, rows.map((row) => element("tr", {}, row)))),
      element("p", { class: "note" }, "Marked: the cells that this input reads."),
    ];
  }
  const all = node.cells.length <= LISTED;
  const listed = all ? node.cells.map((_, cell) => cell) : [...used].sort((a, b) => a - b).slice(0, LISTED);
  const rows = listed.map((cell) => {
    const row = [...argumentsOf(cell, domains).map(valueOf), valueOf(node.cells[cell])];
    row.class = used.has(cell) ? "used" : null;
    return row;
  });
  const note = all ? "Marked: the rows that this input reads." : `${listed.length} of ${counted(node.cells.length, "row")}: those that this input reads.`;
  return [table([...headers, name], rows), element("p", { class: "note" }, note)];
}

/** The values of a cell's arguments. */
function argumentsOf(cell, domains) {
  const values = [];
  for (const domain of [...domains].reverse()) {
    values.unshift(domain[cell % domain.length]);
    cell = Math.floor(cell / domain.length);
  }
  return values;
}

function readText(read) {
  return read.limit === null ? read.variable : `min(${read.variable}, ${read.limit})`;
}

/** The relations of a head's selector: for each query value the key values that match; long ones cut. */
function relationsView(model, run, selector) {
  if (selector.is === "Both" || selector.is === "Either") {
    return [...relationsView(model, run, selector.left), ...relationsView(model, run, selector.right)];
  }
  if (selector.is === "Negate") return relationsView(model, run, selector.selector);
  if (selector.is !== "Relation" && selector.is !== "Prefer") return [];
  const domain = readDomain(selector.queries, model.interpreter.domains);
  const asked = new Set(run.trace ? model.interpreter.read(selector.queries, run.trace.columns).map(keyOf) : []);
  const rows = domain.flatMap((query, q) => {
    const ordered = selector.is === "Prefer" ? selector.orders[q].map((group) => joined(group.map(valueOf), " = ")) : null;
    const keys = ordered ?? selector.rows[q].map(valueOf);
    if (domain.length > LISTED && !asked.has(keyOf(query))) return [];
    const row = [valueOf(query), keys.length === 0 ? "nothing" : joined(keys.slice(0, 12), ordered ? " > " : ", "), keys.length > 12 ? " …" : ""];
    return [Object.assign([row[0], row.slice(1)], { class: asked.has(keyOf(query)) ? "used" : null })];
  });
  return [table([`where ${readText(selector.queries)} is`, `it ${selector.is === "Prefer" ? "prefers" : "selects"} ${readText(selector.keys)}`], rows.slice(0, LISTED))];
}

// --- scores ------------------------------------------------------------------------------------------------------

/** What made a score: each part's points for one label, the largest first, and their sum. */
function scoreView(model, run, o, i) {
  const parts = partsOf(model, run.trace, i).map((part) => ({ ...part, here: part.points[o] }));
  return contributionsTable(parts, [["points", (part) => part.here]], (part) => part.here);
}

/** Why the first label won over the runner-up: each part's points for the two, the largest difference first. */
function answerView(model, run, i) {
  const [first, second] = rankedAt(model, run, i);
  if (second === undefined) return [element("p", {}, "There is one label only that may stand here.")];
  const difference = (part) => subtract(part.points[first], part.points[second]);
  const columns = [
    [model.labels[first], (part) => part.points[first]],
    [model.labels[second], (part) => part.points[second]],
    ["difference", difference],
  ];
  const beside = model.decodes ? model.interpreter.beside(run.trace.answer, i) : [];
  return contributionsTable([...partsOf(model, run.trace, i), ...beside], columns, difference);
}

/** Labels by falling score, the first of equals first. */
function ranked(scores) {
  return scores.map((_, o) => o).sort((a, b) => (less(scores[b], scores[a]) ? -1 : less(scores[a], scores[b]) ? 1 : a - b));
}

/** The labels of an answer, the best first; of a best sequence those that may stand between its neighbours. */
function rankedAt(model, run, i) {
  const scores = run.trace.scores[model.pooled ? 0 : i];
  if (!model.decodes) return ranked(scores);
  const beside = model.interpreter.beside(run.trace.answer, i).map((part) => part.points);
  const legal = scores.map((_, o) => o).filter((o) => beside.every((points) => points[o] !== null));
  const sums = legal.map((o) => beside.map((points) => points[o]).reduce(add, scores[o]));
  return ranked(sums).map((place) => legal[place]);
}

/** The parts of a position's scores; of a pooled program those of all positions, each with its place. */
function partsOf(model, trace, i) {
  if (!model.pooled) return model.interpreter.parts(trace.columns, i);
  return trace.tokens.flatMap((_, j) => model.interpreter.parts(trace.columns, j).map((part) => ({ ...part, place: j })));
}

function contributionsTable(parts, columns, weigh) {
  const size = (part) => absolute(weigh(part));
  const order = [...parts].sort((a, b) => (less(size(b), size(a)) ? -1 : less(size(a), size(b)) ? 1 : 0));
  const rows = order.slice(0, LISTED).map((part) => [
    part.variable === null ? "bias" : [nameOf(part.variable), " = ", valueOf(part.value)],
    ...(part.place === undefined ? [] : [`${part.place}`]),
    ...columns.map(([, points]) => signed(points(part))),
  ]);
  const sums = columns.map(([, points]) => signed(parts.map(points).reduce(add, 0)));
  const placed = parts[0].place !== undefined;
  rows.push(Object.assign(["sum", ...(placed ? [""] : []), ...sums], { class: "sum" }));
  const headers = ["from", ...(placed ? ["position"] : []), ...columns.map(([header]) => header)];
  const more = order.length > LISTED ? [element("p", { class: "note" }, `The ${LISTED} largest of ${order.length} parts.`)] : [];
  return [table(headers, rows, { class: "plain numbers" }), ...more];
}

function signed(points) {
  return element("span", { class: "points" }, less(0, points) ? `+${repr(points)}` : repr(points).replace("-", "−"));
}

/* What the inspector shows about a subject: a position, a variable, a cell, a label, a score or an answer. */

const VIEWS = {
  position(model, run, { position }) {
    const { trace } = run;
    const rows = ["tokens", "positions", ...model.nodes.keys()].map((name) => [
      nameOf(name),
      valueOf(trace.columns.get(name)[position]),
      reason(model, trace, name, position),
    ]);
    const answer = trace.answer[model.pooled ? 0 : position];
    return {
      title: ["Position ", `${position}`, ": ", valueOf(trace.tokens[position])],
      says: `position ${position}, token ${show(trace.tokens[position])}, answer ${show(answer)}`,
      body: [
        table(["variable", "value", "because"], rows),
        element("p", {}, model.pooled ? "Answer of the whole sequence: " : "Answer here: ", valueOf(answer)),
      ],
    };
  },

  variable(model, run, { name }, rows) {
    return {
      title: [nameOf(name)],
      says: `${name}: ${model.describe(name)}`,
      body: [facts(model, name), run.trace ? pictureOf(model, run, name, rows, null) : [], partsView(model, run, name)],
    };
  },

  cell(model, run, { name, position }, rows) {
    const because = reason(model, run.trace, name, position);
    const value = run.trace.columns.get(name)[position];
    const node = model.nodes.get(name);
    const sources = node ? sourcesAt(model, run, name, position) : [];
    return {
      title: [nameOf(name), " at position ", `${position}`, " is ", valueOf(value)],
      says: `${name} at position ${position} is ${show(value)}: ${textOf(because)}`,
      body: [
        element("p", { class: "because" }, because),
        sources,
        node?.selector ? pictureOf(model, run, name, rows, position) : [],
        element("p", { class: "note" }, model.describe(name)),
      ],
    };
  },

  label(model, run, { label }) {
    const { bias, scores } = model.program.output;
    const rows = scores.map((score) => {
      if (score.is === "LinearScore") return [nameOf(score.variable), [signed(score.weights[label]), " times its value"]];
      const points = score.rows.map((row) => row[label]);
      const [low, high] = [points.reduce(OPERATORS.min), points.reduce(OPERATORS.max)];
      return [readText(score.read), equal(low, high) ? signed(low) : [signed(low), " to ", signed(high), " by its value"]];
    });
    return {
      title: ["Label ", valueOf(model.labels[label])],
      says: `label ${show(model.labels[label])}`,
      body: [
        element("p", {}, model.decodes ? SEQUENCE : "The label with the most points is the answer; the first of equals."),
        table(["from", "points"], [["bias", signed(bias[label])], ...rows], { class: "plain" }),
      ],
    };
  },

  score(model, run, { label, position }) {
    const score = run.trace.scores[model.pooled ? 0 : position][label];
    const where = model.pooled ? "" : ` at position ${position}`;
    return {
      title: ["Score of ", valueOf(model.labels[label]), `${where}: `, repr(score).replace("-", "−")],
      says: `score of ${show(model.labels[label])}${where}: ${repr(score)}`,
      body: scoreView(model, run, label, position),
    };
  },

  answer(model, run, { position }) {
    const answer = run.trace.answer[position];
    const where = model.pooled ? "The answer" : `The answer at position ${position}`;
    const { output } = model.program;
    if (output.is === "Emit") {
      const because = reason(model, run.trace, output.variable, position);
      return {
        title: [`${where} is `, valueOf(answer)],
        says: `answer at position ${position}: ${show(answer)}`,
        body: [element("p", {}, "It is the variable ", nameOf(output.variable), ": ", because)],
      };
    }
    const [first, second] = rankedAt(model, run, position);
    const why = second === undefined ? [] : ["Why ", valueOf(model.labels[first]), " and not ", valueOf(model.labels[second]), ", the runner-up:"];
    return {
      title: [`${where} is `, valueOf(answer)],
      says: `answer${model.pooled ? "" : ` at position ${position}`}: ${show(answer)}`,
      body: [element("p", {}, why), answerView(model, run, position)],
    };
  },
};

const SEQUENCE = "Of the sequences in which each label may follow the one before, the one with the most points is the answer.";

/** `{title, says, body}` of a subject; `says` is one sentence for the screen reader. */
function viewOf(subject) {
  const { model, run, grid } = subject.panel;
  const rows = run.trace ? grid.window : [0, 0];
  return VIEWS[subject.kind](model, run, subject, rows);
}

function textOf(parts) {
  return [parts].flat(Infinity).map((part) => part?.textContent ?? part ?? "").join("");
}

/** What a variable is, what it reads and who reads it. */
function facts(model, name) {
  const list = (names) => (names.length === 0 ? "nothing" : joined(names.map(nameOf)));
  const row = (what, ...value) => [element("dt", {}, what), element("dd", {}, value)];
  return element(
    "dl",
    { class: "facts" },
    row("is", model.describe(name)),
    model.nodes.has(name) ? row("reads", list(model.sources.get(name))) : null,
    row("read by", list((model.readers.get(name) ?? []).map((reader) => reader.replace(ANSWER, "the answer")))),
  );
}

function pictureOf(model, run, name, rows, focus) {
  return run.trace.matches.has(name) ? attentionPicture(model, run, name, rows, focus) : [];
}

/** The table or the predicate behind a variable. */
function partsView(model, run, name) {
  const node = model.nodes.get(name);
  if (node?.is === "Table") return cellsView(model, run, name);
  return node?.selector ? relationsView(model, run, node.selector) : [];
}

/** The values that a head read for one position. */
function sourcesAt(model, run, name, position) {
  const node = model.nodes.get(name);
  if (!node.selector || !node.values) return [];
  const js = run.trace.matches.get(name)[position];
  if (js.length === 0) return [];
  const rows = js.slice(0, LISTED).map((j) => {
    const chosen = node.is === "Closest" && j === closestPosition(js, position);
    const value = node.values === "tokens" ? [] : [valueOf(run.trace.columns.get(node.values)[j])];
    return Object.assign([`${j}`, valueOf(run.trace.tokens[j]), ...value], { class: chosen ? "used" : null });
  });
  return table(["position", "token", ...(node.values === "tokens" ? [] : [node.values])], rows);
}

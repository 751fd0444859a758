/* Two runs side by side: where they differ. */

/** What to mark in each panel's grid, as a Set of "name position" and of "@answer position", and one sentence. */
function comparison(a, b) {
  if (!a.run.trace || !b.run.trace) return { marks: new Set(), says: "" };
  const marks = new Set();
  const answers = differingAnswers(a.run, b.run);
  answers.forEach((i) => marks.add(`${ANSWER} ${i}`));
  const wording = a.model.pooled || b.model.pooled ? "The answers differ" : `The answers differ at ${positionsText(answers)}`;
  const end = answers.length === 0 ? "The answers are the same." : `${wording}.`;
  const twins = [...a.model.nodes.keys()].filter((name) => b.model.nodes.has(name));
  let first = null;
  for (const name of a.run.from === b.run.from ? ["tokens", ...twins] : []) {
    const [left, right] = [a.run.trace.columns.get(name), b.run.trace.columns.get(name)];
    for (let i = 0; i < Math.max(left.length, right.length); i++) {
      if (i < left.length && i < right.length && same(left[i], right[i])) continue;
      marks.add(`${name} ${i}`);
      if (name !== "tokens") first ??= [name, i];
    }
  }
  const which = a.model === b.model ? "variable" : "variable of one name in both";
  const begin = first === null ? "" : ` The first ${which} that differs: ${first[0]} at position ${first[1]}.`;
  return { marks, says: end + begin };
}

/** The positions of the users' own tokens whose answers differ, counted as the first run counts them. */
function differingAnswers(a, b) {
  const own = (run) => (run.trace.answer.length === 1 ? run.trace.answer : run.trace.answer.slice(run.from, run.to));
  const [left, right] = [own(a), own(b)];
  const from = a.trace.answer.length === 1 ? 0 : a.from;
  return Array.from({ length: Math.max(left.length, right.length) }, (_, k) => k)
    .filter((k) => k >= left.length || k >= right.length || !same(left[k], right[k]))
    .map((k) => from + k);
}

/** Marks the cells of a grid, and says so to a screen reader. */
function markDifferences(grid, marks) {
  for (const cell of grid.node.querySelectorAll("td[data-position], thead th[data-position]")) {
    const name = { answer: ANSWER, position: "tokens", cell: cell.dataset.name }[cell.dataset.kind];
    if (!marks.has(`${name} ${cell.dataset.position}`) || cell.classList.contains("differs")) continue;
    cell.classList.add("differs");
    cell.append(element("span", { class: "unseen" }, " (differs)"));
  }
}

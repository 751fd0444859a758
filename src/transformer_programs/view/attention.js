/* A head's attention pattern as a picture: a row for each reading position, a square for each position it selects. */

/** `rows`: [first, last) reading positions that are drawn; `focus`: the one that is marked, or null. */
function attentionPicture(model, run, name, rows, focus) {
  const { trace } = run;
  const [n, [first, last]] = [trace.tokens.length, rows];
  const reads = model.nodes.get(name).is === "Closest";
  const lettered = n <= 24;
  const longest = Math.max(...trace.tokens.map((token) => shortened(token).length));
  const [left, top] = lettered ? [longest * 7.4 + 12, longest * 5.8 + 14] : [2, 2];
  const size = Math.max(2, Math.min(22, 330 / n));
  const [width, height] = [left + n * size + 1, top + (last - first) * size + 1];
  const x = (j) => left + j * size;
  const y = (i) => top + (i - first) * size;
  const marks = [];
  for (let i = first; i < last; i++) {
    if (i === focus) marks.push(svg("rect", { class: "focus", x: left, y: y(i), width: n * size, height: size }));
    for (const [a, b] of runsOf(trace.matches.get(name)[i])) {
      marks.push(svg("rect", { class: "match", x: x(a), y: y(i), width: (b - a + 1) * size, height: size }));
    }
    if (reads) {
      const [j, none] = [closestPosition(trace.matches.get(name)[i], i), trace.matches.get(name)[i].length === 0];
      marks.push(svg("circle", { class: none ? "fallback" : "read", cx: x(j + 0.5), cy: y(i + 0.5), r: Math.max(1, size / 4) }));
    }
  }
  if (lettered) {
    marks.push(trace.tokens.map((token, j) => label(token, x(j + 0.5), top - 6, -50)));
    marks.push(trace.tokens.slice(first, last).map((token, k) => label(token, left - 6, y(first + k + 0.5), 0)));
  }
  marks.push(svg("rect", { class: "frame", x: left, y: top, width: n * size, height: (last - first) * size }));
  const words = `Attention of ${name}: rows are the reading positions, columns what they select.`;
  return element(
    "figure",
    { class: "attention" },
    svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": words }, marks),
    element("figcaption", {}, reads ? "rows read columns; the dot is the closest match" : "rows select columns"),
  );
}

function label(token, x, y, turned) {
  const anchor = turned ? "start" : "end";
  return svg("text", { x, y, "text-anchor": anchor, "dominant-baseline": "middle", transform: `rotate(${turned} ${x} ${y})` }, shortened(token));
}

function shortened(token) {
  const text = [...show(token)];
  return text.length > 8 ? `${text.slice(0, 7).join("")}…` : text.join("");
}

/** Neighbouring positions put together: [first, last] pairs. */
function runsOf(js) {
  const runs = [];
  for (const j of js) {
    if (runs.length > 0 && runs.at(-1)[1] === j - 1) runs.at(-1)[1] = j;
    else runs.push([j, j]);
  }
  return runs;
}

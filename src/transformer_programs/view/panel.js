/* One run on the page: an input, what it gives, and its grid. */

class Panel {
  constructor(number, model, inspect, changed) {
    this.number = number;
    this.model = model;
    this.changed = changed;
    this.answer = element("p", { class: "answer-line", role: "status", id: `answer-${number}` });
    this.message = element("p", { class: "message", role: "alert", id: `message-${number}`, hidden: true });
    this.heading = element("h3", {});
    this.grid = new Grid(this, inspect);
    this.node = element("section", { class: "panel", "aria-label": `Run ${"AB"[number]}` }, this.heading, this.message, this.answer, this.grid.node);
  }

  /** Runs the program on a text. */
  take(text, heading) {
    this.run = this.model.run(text);
    this.heading.textContent = heading;
    this.heading.hidden = heading === "";
    this.redraw();
  }

  redraw() {
    const { run } = this;
    this.message.hidden = run.trace !== undefined;
    this.message.textContent = run.message ?? "";
    this.answer.replaceChildren(...(run.trace ? this.answerLine() : []));
    this.grid.node.hidden = run.trace === undefined;
    if (run.trace) this.grid.draw();
    this.changed();
  }

  answerLine() {
    const { run, model } = this;
    const own = model.pooled ? run.trace.answer : run.trace.answer.slice(run.from, run.to);
    const shown = own.slice(0, WINDOW).map((value) => element("bdi", { class: `value ${kindOf(value)}` }, show(value)));
    const more = own.length > WINDOW ? ` … (${own.length} in all)` : "";
    const odd = [...new Set(run.unknown)];
    const note = odd.length === 0 ? null : element("span", { class: "note" }, `Not in the vocabulary, read as <unk>: ${odd.slice(0, 8).map(show).join(" ")}${odd.length > 8 ? " …" : ""}`);
    return ["Answer ", element("span", { class: "answers" }, shown.flatMap((value) => [value, " "])), more, note].filter((part) => part);
  }
}

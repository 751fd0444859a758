/* A program as the page knows it: its interpreter, and which variables stand in which layer. */

const ANSWER = "@answer"; // its name among variables, which no variable can have

class Model {
  /** `data`: what `page.py` wrote for one program: program, layers and descriptions of its variables. */
  constructor(data) {
    this.program = data.program;
    this.name = data.program.name;
    this.interpreter = new Interpreter(data.program);
    this.described = new Map(Object.entries(data.described));
    this.layer = new Map(Object.entries(data.layers));
    this.nodes = new Map(data.program.steps.map((step) => [step.name, step.node]));
    this.sources = new Map([...this.nodes].map(([name, node]) => [name, [...new Set(referencesOf(node))]]));
    this.readers = new Map();
    for (const [name, sources] of this.sources) sources.forEach((source) => this.addReader(source, name));
    referencesOf(this.program.output).forEach((source) => this.addReader(source, ANSWER));
    this.layers = [...new Set(data.program.steps.map((step) => this.layer.get(step.name)))].sort((a, b) => a - b);
  }

  addReader(source, name) {
    this.readers.set(source, [...new Set([...(this.readers.get(source) ?? []), name])]);
  }

  get labels() {
    return this.program.output.labels ?? [];
  }

  get pooled() {
    return this.program.output.pooled ?? false;
  }

  /** Whether the answer is one best sequence of labels. */
  get decodes() {
    return this.program.output.is === "Decode";
  }

  /** The variables of a layer, in the program's order. */
  variablesOf(layer) {
    return this.program.steps.map((step) => step.name).filter((name) => this.layer.get(name) === layer);
  }

  /** What computes a variable, in words. */
  describe(name) {
    if (name === "tokens") return "the input";
    return name === "positions" ? "0, 1, 2, …" : this.described.get(name);
  }

  /** Runs the program on what was typed: `{tokens, from, to, trace}`, or `{message}` where it cannot. */
  run(text) {
    const typed = typedTokens(this.program, text);
    if (typed.length === 0) return { message: "There are no tokens yet; type at least one." };
    if (typed.length > MOST_TOKENS) {
      return { message: `These are ${typed.length} tokens; a page runs at most ${MOST_TOKENS}. Use tprog run for more.` };
    }
    const { tokens, from, to } = framed(this.program, typed);
    try {
      const unknown = tokens.filter((token) => this.interpreter.vocabulary && !this.interpreter.vocabulary.has(readWord(this.program, token)));
      return { typed, tokens, from, to, unknown, trace: this.interpreter.trace(tokens) };
    } catch (error) {
      if (error instanceof InputError) return { message: error.message };
      if (error instanceof PythonError) return { message: `${error.kind}: ${error.message}.` };
      throw error;
    }
  }
}

const MOST_TOKENS = 2000;

/** The tokens of a line: words as the program reads lines, or a JSON list of texts for tokens that hold blanks. */
function typedTokens(program, text) {
  if (text.trim().startsWith("[")) {
    try {
      const list = JSON.parse(text);
      if (Array.isArray(list) && list.length > 0 && list.every(isText)) return list;
    } catch {
      // Not JSON: words, the first of which is or starts with a bracket.
    }
  }
  const words = splitWords(text);
  const marked = words.length > 0 && words[0] === program.frame.before[0];
  return program.reading?.text && !marked ? splitText(text) : words;
}

/** Every variable that a node, a selector or an output reads. */
function referencesOf(part) {
  switch (part.is) {
    case "Table":
      return part.reads.map((read) => read.variable);
    case "Apply":
      return part.arguments;
    case "Lookup":
      return [part.argument];
    case "Compare":
      return [part.keys, part.queries];
    case "Relation":
    case "Prefer":
      return [part.keys.variable, part.queries.variable];
    case "Both":
    case "Either":
      return [...referencesOf(part.left), ...referencesOf(part.right)];
    case "Emit":
      return [part.variable];
    case "Spelled":
      return [];
    case "Classify":
    case "Decode":
      return part.scores.map((score) => score.variable ?? score.read.variable);
    default:
      return [...(part.selector ? referencesOf(part.selector) : []), ...(part.values ? [part.values] : [])];
  }
}

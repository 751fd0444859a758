/* The interpreter of program.json: the mirror of `program/domains.py` and `run/interpreter.py`.

   `readProgram` takes the JSON text of `payload.py`, which is that of program.json but for floats and for whole numbers
   beyond 2^53, marked there because JSON.parse would make plain numbers of them. Large tables are packed in both. */

const UNKNOWN = "<unk>";

/** What a program does not take: a token, a length. */
class InputError extends Error {}

/** The program in a JSON text, with Python's values in it. */
function readProgram(text) {
  const marks = ['"is":"Float"', '"is":"Integer"', '"others":'];
  return JSON.parse(text, marks.some((mark) => text.includes(mark)) ? unmark : undefined);
}

function unmark(key, value) {
  if (value?.is === "Float") return new Float(Number(value.value));
  if (value?.is === "Integer") return BigInt(value.value);
  return key === "cells" && value?.others ? unpacked(value) : value;
}

/** All cells of a table that was written by its exceptions; the mirror of `program/packed.py`. */
function unpacked({ size, most, others }) {
  const cells = new Array(size).fill(most);
  for (const [value, ...places] of others) places.forEach((place) => (cells[place] = value));
  return cells;
}

// --- domains -----------------------------------------------------------------------------------------------------

/** The domains of all variables, as `{values}` (finite), `{low, high}` (whole numbers, null: no bound) or `{}`. */
function domainsOf(program) {
  const n = program.max_length;
  const known = new Map();
  known.set("tokens", program.vocabulary === null ? {} : { values: program.vocabulary });
  known.set("positions", { low: 0, high: n === null ? null : n - 1 });
  for (const { name, node } of program.steps) known.set(name, nodeDomain(node, known, n));
  return known;
}

function nodeDomain(node, known, n) {
  switch (node.is) {
    case "Constant":
      return { values: [node.value] };
    case "Table":
      return { values: sortedValues(node.cells) };
    case "Spelled":
      return { values: sortedValues([...node.values, node.default]) };
    case "Closest":
      return known.get(node.values);
    case "Width":
      return { low: 0, high: n };
    case "Total":
      return sumDomain(known.get(node.values), n);
    default:
      return {};
  }
}

/** The distinct values, numbers before texts, each kind in its order. */
function sortedValues(values) {
  const distinct = [...new Map(values.map((value) => [keyOf(value), value])).values()];
  const order = (a, b) => (isText(a) === isText(b) ? (less(a, b) ? -1 : 1) : isText(a) ? 1 : -1);
  return distinct.sort(order);
}

function sumDomain(domain, n) {
  let { low, high, values } = domain;
  if (values) {
    if (!values.every((value) => ["int", "bool"].includes(kindOf(value)))) return {};
    [low, high] = [raw(values[0]), raw(values.at(-1))]; // in order already, unless they are the vocabulary's texts
  } else if (low === undefined) {
    return {};
  }
  const times = (bound) => (n === null ? null : multiply(n, bound));
  return {
    low: low !== null && low >= 0 ? 0 : low === null ? null : times(low),
    high: high !== null && high <= 0 ? 0 : high === null ? null : times(high),
  };
}

/** The values that a Read can see, in order. */
function readDomain(read, known) {
  if (read.limit !== null) return Array.from({ length: read.limit + 1 }, (_, i) => i);
  const { values, low, high } = known.get(read.variable);
  return values ?? Array.from({ length: high - low + 1 }, (_, i) => low + i);
}

// --- running -----------------------------------------------------------------------------------------------------

/** What is wrong with tokens that a program would be run on: a list of sentences, empty where it takes them. */
function objections(program, tokens) {
  if (tokens.length === 0) return ["There are no tokens; type at least one."];
  const found = [];
  const most = program.max_length;
  if (most !== null && tokens.length > most) {
    found.push(`These are ${tokens.length} tokens, markers included; the program takes at most ${most}.`);
  }
  if (program.vocabulary !== null && !program.vocabulary.includes(UNKNOWN)) {
    const known = new Set(program.vocabulary);
    const odd = tokens.flatMap((token, i) => (known.has(readWord(program, token)) ? [] : [`${repr(token)} at position ${i}`]));
    const some = program.vocabulary.slice(0, 20).map(show).join(" ") + (program.vocabulary.length > 20 ? " …" : "");
    const more = odd.length > 5 ? `, and ${odd.length - 5} more` : "";
    if (odd.length > 0) {
      found.push(`Not in the vocabulary: ${odd.slice(0, 5).join(", ")}${more}. The program knows ${some}`);
    }
  }
  return found;
}

/** The token that a word is, as the program reads it (`semantics.read_word`). */
function readWord(program, word) {
  const { lower, digits } = program.reading ?? {};
  const cased = lower ? SPELLINGS.lower(word) : word;
  return digits ? cased.replace(/\p{Nd}+/gu, "0") : cased;
}

/** A program made ready to run on many sequences: table rows indexed once. */
class Interpreter {
  constructor(program) {
    this.program = program;
    this.domains = domainsOf(program);
    this.vocabulary = program.vocabulary && new Set(program.vocabulary);
    this.indices = new Map();
  }

  /** What the program computes on one sequence: tokens as they are written, as it sees them, columns, matches, scores, answer. */
  trace(tokens) {
    const wrong = objections(this.program, tokens);
    if (wrong.length > 0) throw new InputError(wrong.join(" "));
    const read = tokens.map((token) => readWord(this.program, token));
    const seen = read.map((token) => (!this.vocabulary || this.vocabulary.has(token) ? token : UNKNOWN));
    const columns = new Map([
      ["tokens", seen],
      ["positions", seen.map((_, i) => i)],
    ]);
    const matches = new Map();
    for (const { name, node } of this.program.steps) {
      if (node.selector) {
        matches.set(name, this.attend(node.selector, columns));
      }
      columns.set(name, this.compute(node, columns, matches.get(name), tokens));
    }
    return { written: tokens, tokens: seen, columns, matches, ...this.answer(columns) };
  }

  /** A node's column; `written`: the tokens before unknown ones became `<unk>`. */
  compute(node, columns, matches, written) {
    const column = (ref) => columns.get(ref);
    const n = column("tokens").length;
    switch (node.is) {
      case "Constant":
        return Array(n).fill(node.value);
      case "Table":
        return this.cellsRead(node, columns).map((cell) => node.cells[cell]);
      case "Apply": {
        const operands = node.arguments.map(column);
        return Array.from({ length: n }, (_, i) => OPERATORS[node.operator](...operands.map((values) => values[i])));
      }
      case "Lookup":
        return column(node.argument).map((value, i) => this.lookUp(node, value, i));
      case "Spelled": {
        const entries = this.kept(node, () => new Map(node.keys.map((key, k) => [key, node.values[k]])));
        return written.map((token) => entries.get(SPELLINGS[node.function](token)) ?? node.default);
      }
      case "Closest":
        return closest(matches, column(node.values));
      case "Total":
        return total(matches, column(node.values));
      case "Width":
        return width(matches);
      case "Mean":
        return mean(matches, column(node.values), node.default);
      case "Largest":
        return largest(matches, column(node.values), node.default);
      case "Smallest":
        return smallest(matches, column(node.values), node.default);
      default:
        throw new Error(`no node ${node.is}`);
    }
  }

  /** For each position the index of the cell that a Table reads there: the last argument runs fastest. */
  cellsRead(table, columns) {
    const cells = Array(columns.get("tokens").length).fill(0);
    for (const read of table.reads) {
      const index = this.indexOf(read);
      this.read(read, columns).forEach((value, i) => (cells[i] = cells[i] * index.size + index.get(keyOf(value))));
    }
    return cells;
  }

  lookUp(node, value, i) {
    const index = this.kept(node, () => new Map(node.keys.map((key, k) => [keyOf(key), node.values[k]])));
    if (index.has(keyOf(value))) return index.get(keyOf(value));
    if (node.default === null) throw new InputError(`Position ${i}: the dictionary has no key ${repr(value)}.`);
    return node.default;
  }

  /** The visible positions that a head's selector selects. */
  attend(selector, columns) {
    const cut = (matches) => (this.program.causal ? past(matches) : matches);
    if (selector.is !== "Prefer") return cut(this.select(selector, columns));
    const ranked = (order) => new Map(order.flatMap((group, rank) => group.map((value) => [keyOf(value), rank])));
    const ranks = this.kept(selector, () => selector.orders.map(ranked));
    const index = this.indexOf(selector.queries);
    const orders = this.read(selector.queries, columns).map((value) => ranks[index.get(keyOf(value))]);
    return prefer(cut(full(columns.get("tokens").length)), this.read(selector.keys, columns), orders);
  }

  /** The positions that a selector selects, before a causal program cuts off what is to the right. */
  select(selector, columns) {
    const n = columns.get("tokens").length;
    switch (selector.is) {
      case "Full":
        return full(n);
      case "Offset":
        return offset(n, selector.low, selector.high);
      case "Compare": {
        const [keys, queries] = [columns.get(selector.keys), columns.get(selector.queries)];
        return selector.operator === "==" ? select(keys, queries) : compare(keys, COMPARISONS[selector.operator], queries);
      }
      case "Relation": {
        const rows = this.kept(selector, () => selector.rows.map((row) => new Set(row.map(keyOf))));
        const index = this.indexOf(selector.queries);
        const queries = this.read(selector.queries, columns).map((value) => rows[index.get(keyOf(value))]);
        return among(this.read(selector.keys, columns), queries);
      }
      case "Both":
        return both(this.select(selector.left, columns), this.select(selector.right, columns));
      case "Either":
        return either(this.select(selector.left, columns), this.select(selector.right, columns));
      case "Negate":
        return negate(this.select(selector.selector, columns));
      default:
        throw new Error(`no selector ${selector.is}`);
    }
  }

  /** Scores and answer, one a position, or one in all where the program is pooled. */
  answer(columns) {
    const output = this.program.output;
    if (output.is === "Emit") return { scores: [], answer: [...columns.get(output.variable)] };
    let scores = columns.get("tokens").map((_, i) => this.parts(columns, i).map((part) => part.points).reduce(addRows));
    if (output.is === "Decode") {
      return { scores, answer: bestPath(scores, output.first, output.follows).map((o) => output.labels[o]) };
    }
    if (output.pooled) scores = [scores.reduce(addRows)];
    return { scores, answer: scores.map((row) => output.labels[argmax(row)]) };
  }

  /** What makes the scores at a position: the bias, and what each variable adds, one number a label. */
  parts(columns, i) {
    const output = this.program.output;
    const parts = output.scores.map((score) => {
      const variable = score.is === "LinearScore" ? score.variable : score.read.variable;
      const value = columns.get(variable)[i];
      if (score.is === "LinearScore") return { score, variable, value, points: score.weights.map((w) => multiply(value, w)) };
      const row = this.indexOf(score.read).get(keyOf(saturate(value, score.read.limit)));
      return { score, variable, value, points: score.rows[row] };
    });
    return [{ score: null, variable: null, value: null, points: output.bias }, ...parts];
  }

  /** Of a best sequence, what each label at a position gets for the labels beside it: null where it may not stand there. */
  beside(answer, i) {
    const { labels, first, follows } = this.program.output;
    const before = i === 0 ? first : follows[labels.indexOf(answer[i - 1])];
    const after = i + 1 === answer.length ? null : labels.indexOf(answer[i + 1]);
    return [
      { score: null, variable: "label before", value: i === 0 ? "none" : answer[i - 1], points: before },
      ...(after === null ? [] : [{ score: null, variable: "label after", value: labels[after], points: follows.map((row) => row[after]) }]),
    ];
  }

  /** A column as a Read sees it. */
  read(read, columns) {
    const column = columns.get(read.variable);
    return read.limit === null ? column : column.map((value) => saturate(value, read.limit));
  }

  /** Where each value that a Read can see stands in its domain. */
  indexOf(read) {
    const place = (value, i) => [keyOf(value), i];
    return this.kept(read, () => new Map(readDomain(read, this.domains).map(place)));
  }

  /** What is built once for a part of the program. */
  kept(part, build) {
    if (!this.indices.has(part)) this.indices.set(part, build());
    return this.indices.get(part);
  }
}

function addRows(a, b) {
  return a.map((points, o) => add(points, b[o]));
}

/** The tokens as a program sees them: its frame's markers added where the first token is not the first marker. */
function framed(program, tokens) {
  const { before, after } = program.frame;
  if (before.length === 0 || (tokens.length > 0 && tokens[0] === before[0])) return { tokens, from: 0, to: tokens.length };
  const all = [...before, ...tokens, ...after];
  return { tokens: all, from: before.length, to: all.length - after.length };
}

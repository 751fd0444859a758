/* The page's side of test_interpreter.py: runs all cases and keeps those that came out otherwise. */

const cases = readProgram(document.getElementById("cases").textContent);
const MOST_TOLD = 3;

function spelled(value) {
  return [kindOf(value), toText(value)];
}

/** How an error is called in Python; an error of ours is told with its place. */
function errorName(error) {
  if (error instanceof InputError) return "InputError";
  return error instanceof PythonError ? error.kind : error.stack;
}

function outcome(interpreter, tokens) {
  try {
    const { columns, matches, scores, answer } = interpreter.trace(tokens);
    return {
      columns: Object.fromEntries([...columns].map(([name, column]) => [name, column.map(spelled)])),
      matches: Object.fromEntries(matches),
      scores: scores.map((row) => row.map(String)),
      answer: answer.map(spelled),
    };
  } catch (error) {
    return { error: errorName(error) };
  }
}

/** The runs of programs that came out otherwise. */
function differentRuns() {
  const found = [];
  for (const [number, { program, runs }] of cases.entries()) {
    const interpreter = new Interpreter(program);
    for (const { tokens, expected } of runs) {
      const got = outcome(interpreter, tokens);
      if (text(got) !== text(expected)) found.push({ number, tokens, got, expected });
    }
  }
  return found.slice(0, MOST_TOLD);
}

/** JSON with keys in order. */
function text(value) {
  const sorted = (_, part) =>
    part?.constructor === Object ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part;
  return JSON.stringify(value, sorted);
}

/** The results of operators that came out otherwise. */
function differentResults() {
  return cases.tries
    .map(([operator, indices, expected]) => ({ operator, indices, expected, got: applied(operator, indices) }))
    .filter(({ expected, got }) => got.join() !== expected.join())
    .slice(0, MOST_TOLD);
}

function applied(operator, indices) {
  try {
    return spelled(OPERATORS[operator](...indices.map((i) => cases.values[i])));
  } catch (error) {
    return [errorName(error)];
  }
}

/* What every construct means: the mirror of `program/semantics.py`, function by function.

   A column is an array with one value a position. Matches are an attention pattern: for each query position the
   ascending array of the key positions it selects. Rows of one pattern may be one and the same array. */

/** A count as a table reads it: min(max(count, 0), limit); null: the value as it is. */
function saturate(value, limit) {
  if (limit === null) return value;
  return OPERATORS.min(OPERATORS.max(value, 0), limit);
}

/** Every position, for each position. */
function full(n) {
  const all = Array.from({ length: n }, (_, j) => j);
  return all.map(() => all);
}

/** For each position the positions from `low` to `high` places further right. */
function offset(n, low, high) {
  const from = (i) => Math.max(i + low, 0);
  const to = (i) => Math.min(i + high, n - 1);
  return Array.from({ length: n }, (_, i) =>
    Array.from({ length: Math.max(to(i) - from(i) + 1, 0) }, (_, k) => from(i) + k),
  );
}

/** For each query the positions of the keys that equal it. */
function select(keys, queries) {
  const places = new Map();
  keys.forEach((key, j) => {
    const known = places.get(keyOf(key));
    if (known) known.push(j);
    else places.set(keyOf(key), [j]);
  });
  const none = [];
  return queries.map((query) => places.get(keyOf(query)) ?? none);
}

/** For each query, a Set of keys of values, the positions of the keys among them. */
function among(keys, queries) {
  const found = new Map();
  for (const query of queries) {
    if (!found.has(query)) found.set(query, positionsWhere(keys, (key) => query.has(keyOf(key))));
  }
  return queries.map((query) => found.get(query));
}

/** For each query the positions of the keys with `holds(key, query)`. */
function compare(keys, holds, queries) {
  const found = new Map();
  for (const query of queries) {
    if (!found.has(keyOf(query))) found.set(keyOf(query), positionsWhere(keys, (key) => holds(key, query)));
  }
  return queries.map((query) => found.get(keyOf(query)));
}

function positionsWhere(keys, holds) {
  const positions = [];
  keys.forEach((key, j) => {
    if (holds(key, j)) positions.push(j);
  });
  return positions;
}

/** The positions that both select. */
function both(left, right) {
  return left.map((js, i) => {
    const other = new Set(right[i]);
    return js.filter((j) => other.has(j));
  });
}

/** The positions that at least one selects. */
function either(left, right) {
  return left.map((js, i) => [...new Set([...js, ...right[i]])].sort((a, b) => a - b));
}

/** The positions not selected. */
function negate(matches) {
  return matches.map((js) => {
    const selected = new Set(js);
    return positionsWhere(matches, (_, j) => !selected.has(j));
  });
}

/** The positions selected, without those further right. */
/** The visible positions of the keys of least rank; `orders`: for each query the rank of each key that it has one for. */
function prefer(visible, keys, orders) {
  return visible.map((js, i) => {
    const ranks = js.map((j) => orders[i].get(keyOf(keys[j])) ?? Infinity);
    const best = ranks.reduce((least, rank) => Math.min(least, rank), Infinity);
    return js.filter((_, k) => ranks[k] === best && best < Infinity);
  });
}

function past(matches) {
  return matches.map((js, i) => {
    let end = js.length;
    while (end > 0 && js[end - 1] > i) end--;
    return js.slice(0, end);
  });
}

/** The closest of the positions selected: left before right, itself last; position 0 where there is none. */
function closestPosition(js, i) {
  let best = 0;
  let least = Infinity;
  for (const j of js) {
    const distance = j === i ? Number.MAX_VALUE : Math.abs(i - j);
    if (distance < least) [best, least] = [j, distance];
  }
  return best;
}

/** The value at the closest match. */
function closest(matches, values) {
  return matches.map((js, i) => values[closestPosition(js, i)]);
}

/** The sum of the values over all matches. */
function total(matches, values) {
  return matches.map((js) => js.reduce((sum, j) => add(sum, values[j]), 0));
}

/** The number of matches. */
function width(matches) {
  return matches.map((js) => js.length);
}

/** The average over the matches, of one match its own value; `otherwise` where none matches. */
function mean(matches, values, otherwise) {
  return matches.map((js) => {
    if (js.length === 0) return otherwise;
    const sum = js.slice(1).reduce((sum, j) => add(sum, values[j]), values[js[0]]);
    return js.length === 1 ? sum : divide(sum, js.length);
  });
}

/** The value over the matches that `better` prefers, the first of equals; `otherwise` where none matches. */
function extreme(matches, values, otherwise, better) {
  return matches.map((js) => {
    if (js.length === 0) return otherwise;
    return js.slice(1).reduce((best, j) => (better(values[j], best) ? values[j] : best), values[js[0]]);
  });
}

/** The largest value over the matches. */
function largest(matches, values, otherwise) {
  return extreme(matches, values, otherwise, (value, best) => less(best, value));
}

/** The smallest value over the matches. */
function smallest(matches, values, otherwise) {
  return extreme(matches, values, otherwise, less);
}

/** The labels with the largest sum of scores, of those in which each may follow (null: it cannot); the first of equals. */
function bestPath(scores, first, follows) {
  const reached = (allowed, row) => allowed.map((a, o) => (a === null ? null : add(a, row[o])));
  const ahead = [scores.at(-1)];
  for (const row of scores.slice(0, -1).reverse()) {
    const after = ahead.at(-1);
    ahead.push(row.map((b, o) => add(b, reached(follows[o], after).filter((sum) => sum !== null).reduce(OPERATORS.max))));
  }
  const path = [];
  for (const row of ahead.reverse()) {
    const sums = reached(path.length === 0 ? first : follows[path.at(-1)], row);
    path.push(sums.reduce((best, sum, o) => (sum !== null && (best < 0 || less(sums[best], sum)) ? o : best), -1));
  }
  return path;
}

const OTHER_DIGITS =
  /[\u{b2}\u{b3}\u{b9}\u{1369}-\u{1371}\u{19da}\u{2070}\u{2074}-\u{2079}\u{2080}-\u{2089}\u{2460}-\u{2468}\u{2474}-\u{247c}\u{2488}-\u{2490}\u{24ea}\u{24f5}-\u{24fd}\u{24ff}\u{2776}-\u{277e}\u{2780}-\u{2788}\u{278a}-\u{2792}\u{10a40}-\u{10a43}\u{10e60}-\u{10e68}\u{11052}-\u{1105a}\u{1f100}-\u{1f10a}]/u; // digits to Python, without being decimal

/** Runs of capitals X, letters x, digits 0 and other signs, at most six of them. */
function shape(token) {
  const mark = (c) => {
    if (/\p{Uppercase}/u.test(c)) return "X";
    if (/\p{L}/u.test(c)) return "x";
    return /\p{Nd}/u.test(c) || OTHER_DIGITS.test(c) ? "0" : c;
  };
  return Array.from(token, mark).filter((m, i, marks) => m !== marks[i - 1]).slice(0, 6).join(""); // prettier-ignore
}

/** What `Spelled` looks up of a token as it is written; characters are code points. */
const SPELLINGS = {
  word: (token) => token,
  lower: (token) => token.toLowerCase(),
  shape,
  ...Object.fromEntries([1, 2, 3, 4].map((n) => [`prefix_${n}`, (token) => [...token].slice(0, n).join("")])),
  ...Object.fromEntries([1, 2, 3, 4].map((n) => [`suffix_${n}`, (token) => [...token].slice(-n).join("")])),
};

/** Index of the largest score, the first of equals. */
function argmax(scores) {
  return scores.reduce((best, score, o) => (less(scores[best], score) ? o : best), 0);
}

/* Python's values in JavaScript: what a program's variables hold, compared, ordered, added and spelled as Python does.

   Python    here
   bool      boolean
   int       number while it is a safe integer, BigInt beyond
   float     Float (a box, since JavaScript has 1 and 1.0 in one)
   str       string; it is ordered by code points, not by UTF-16 units

   The mirror of what `program/semantics.py` takes from Python itself; tests/view compares the two on every operator. */

class Float {
  constructor(value) {
    this.value = value;
  }
}

/** What Python would have raised: `kind` is the name of its exception. */
class PythonError extends Error {
  constructor(kind, message) {
    super(message);
    this.kind = kind;
  }
}

const typeError = (message) => new PythonError("TypeError", message);
const MOST_DIGITS = 4300; // of a whole number that Python reads or writes as text
const MOST_BITS = 1 << 20; // of a power that a page computes; Python would go on until its memory is full

// --- kinds -------------------------------------------------------------------------------------------------------

/** "bool", "int", "float" or "str". */
function kindOf(value) {
  if (typeof value === "string") return "str";
  if (typeof value === "boolean") return "bool";
  return value instanceof Float ? "float" : "int";
}

const isText = (value) => typeof value === "string";
const isFloat = (value) => value instanceof Float;

/** A number as JavaScript has it: number or BigInt; comparisons between these two are exact, as Python's are. */
function raw(value) {
  if (isFloat(value)) return value.value;
  return typeof value === "boolean" ? Number(value) : value;
}

/** A whole number in the form it is kept in. */
function whole(big) {
  return big >= Number.MIN_SAFE_INTEGER && big <= Number.MAX_SAFE_INTEGER ? Number(big) : big;
}

/** A number as a float's value. */
function floating(value) {
  const number = Number(raw(value));
  if (!isFloat(value) && !Number.isFinite(number)) throw new PythonError("OverflowError", "int too large for a float");
  return number;
}

/** A key of a Map that is the same for equal values: 1, 1.0 and True are one key, "1" another, NaN only itself. */
function keyOf(value) {
  if (!isFloat(value)) return typeof value === "boolean" ? Number(value) : value;
  const number = value.value;
  if (Number.isNaN(number)) return value;
  return Number.isInteger(number) && !Number.isSafeInteger(number) ? BigInt(number) : number;
}

/** Python's truth of a value. */
function truth(value) {
  if (isText(value)) return value !== "";
  return raw(value) != 0; // eslint-disable-line eqeqeq -- 0n too; NaN is true
}

// --- equality and order ------------------------------------------------------------------------------------------

/** `a == b`. */
function equal(a, b) {
  if (isText(a) || isText(b)) return a === b;
  return raw(a) == raw(b); // eslint-disable-line eqeqeq -- numbers and BigInts compare by value
}

/** Equal, and of the same type and spelling: what makes two answers the same answer. */
function same(a, b) {
  return kindOf(a) === kindOf(b) && repr(a) === repr(b);
}

/** Code points of two texts compared: negative, zero or positive. */
function compareTexts(a, b) {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    if (a[i] !== b[i]) {
      // A surrogate pair belongs behind every single unit, so compare from the start of the pair.
      const start = i > 0 && (isTrail(a, i) || isTrail(b, i)) ? i - 1 : i;
      return a.codePointAt(start) - b.codePointAt(start);
    }
  }
  return a.length - b.length;
}

/** Whether the unit at i is the second of a pair. */
function isTrail(text, i) {
  return text.codePointAt(i - 1) > 0xffff;
}

/** `a < b`, or a TypeError where Python has no order. */
function less(a, b) {
  if (isText(a) && isText(b)) return compareTexts(a, b) < 0;
  if (isText(a) || isText(b)) throw typeError(`no order between ${repr(a)} and ${repr(b)}`);
  return raw(a) < raw(b);
}

/** `a <= b`. */
function lessOrEqual(a, b) {
  if (isText(a) || isText(b)) return !less(b, a);
  return raw(a) <= raw(b);
}

// --- arithmetic --------------------------------------------------------------------------------------------------

/** Applies one function to two whole numbers, exactly, or another to two floats. */
function arithmetic(a, b, symbol, wholes, floats) {
  if (isText(a) || isText(b)) throw typeError(`no ${repr(a)} ${symbol} ${repr(b)}`);
  if (isFloat(a) || isFloat(b)) return new Float(floats(floating(a), floating(b)));
  const [x, y] = [raw(a), raw(b)];
  if (typeof x === "number" && typeof y === "number") {
    const quick = wholes(x, y);
    if (Number.isSafeInteger(quick)) return quick + 0; // no -0 among whole numbers
  }
  return whole(wholes(BigInt(x), BigInt(y)));
}

function add(a, b) {
  if (isText(a) && isText(b)) return a + b;
  return arithmetic(a, b, "+", (x, y) => x + y, (x, y) => x + y); // prettier-ignore
}

function subtract(a, b) {
  return arithmetic(a, b, "-", (x, y) => x - y, (x, y) => x - y); // prettier-ignore
}

function multiply(a, b) {
  if (isText(a) !== isText(b)) {
    const [text, times] = isText(a) ? [a, b] : [b, a];
    if (!isFloat(times)) return repeat(text, raw(times));
  }
  return arithmetic(a, b, "*", (x, y) => x * y, (x, y) => x * y); // prettier-ignore
}

function repeat(text, times) {
  if (BigInt.asIntN(64, BigInt(times)) !== BigInt(times)) throw new PythonError("OverflowError", "too many times");
  if (times <= 0 || text === "") return "";
  if (BigInt(text.length) * BigInt(times) > 1 << 24) throw new PythonError("MemoryError", "a text too long for a page");
  return text.repeat(Number(times));
}

/** `a / b`: a float, of two whole numbers the one closest to the true quotient. */
function divide(a, b) {
  if (isText(a) || isText(b)) throw typeError(`no ${repr(a)} / ${repr(b)}`);
  refuseZero(b);
  const [x, y] = [raw(a), raw(b)];
  if (isFloat(a) || isFloat(b) || (typeof x === "number" && typeof y === "number")) {
    return new Float(floating(a) / floating(b));
  }
  return new Float(quotient(BigInt(x), BigInt(y)));
}

/** The float closest to x / y: 66 or more bits of the quotient, the last one set where something was left over. */
function quotient(x, y) {
  const [p, q] = [x < 0n ? -x : x, y < 0n ? -y : y];
  const bits = (big) => big.toString(2).length;
  const shift = Math.max(0, 66 - bits(p) + bits(q));
  const shifted = p << BigInt(shift);
  const sticky = shifted % q === 0n ? 0n : 1n;
  let result = Number((shifted / q) | sticky);
  for (let left = shift; left > 0; left -= 1000) result *= 2 ** -Math.min(left, 1000);
  if (!Number.isFinite(result)) throw new PythonError("OverflowError", "a quotient too large for a float");
  return x < 0n !== y < 0n ? -result : result;
}

function refuseZero(b) {
  if (raw(b) == 0) throw new PythonError("ZeroDivisionError", "division by zero"); // eslint-disable-line eqeqeq
}

/** `a // b`: rounded down. */
function floorDivide(a, b) {
  if (isText(a) || isText(b)) throw typeError(`no ${repr(a)} // ${repr(b)}`);
  refuseZero(b);
  if (isFloat(a) || isFloat(b)) return new Float(floatFloorDivide(floating(a), floating(b)));
  const [x, y] = [BigInt(raw(a)), BigInt(raw(b))];
  const rounded = x / y; // towards zero
  return whole(x % y !== 0n && x < 0n !== y < 0n ? rounded - 1n : rounded);
}

/** `a % b`: with the sign of b. */
function modulo(a, b) {
  if (isText(a)) throw typeError("formatting a text with % is Python's alone; this page cannot do it");
  if (isText(b)) throw typeError(`no ${repr(a)} % ${repr(b)}`);
  refuseZero(b);
  if (isFloat(a) || isFloat(b)) return new Float(floatModulo(floating(a), floating(b)));
  const [x, y] = [BigInt(raw(a)), BigInt(raw(b))];
  const rest = x % y; // with the sign of x
  return whole(rest !== 0n && rest < 0n !== y < 0n ? rest + y : rest);
}

const isNegative = (number) => number < 0 || Object.is(number, -0);

function floatModulo(x, y) {
  const rest = x % y;
  if (rest === 0) return isNegative(y) ? -0 : 0;
  return rest < 0 !== y < 0 ? rest + y : rest;
}

/** As CPython's float_divmod does it: the quotient of what the modulo leaves, pulled to the nearest whole number. */
function floatFloorDivide(x, y) {
  const rest = x % y;
  let quotient = (x - rest) / y;
  if (rest !== 0 && rest < 0 !== y < 0) quotient -= 1;
  if (quotient === 0) return isNegative(x / y) ? -0 : 0;
  const floor = Math.floor(quotient);
  return quotient - floor > 0.5 ? floor + 1 : floor;
}

/** `a ** b`. */
function power(a, b) {
  if (isText(a) || isText(b)) throw typeError(`no ${repr(a)} ** ${repr(b)}`);
  if (!isFloat(a) && !isFloat(b) && raw(b) >= 0) return wholePower(BigInt(raw(a)), BigInt(raw(b)));
  const [x, y] = [floating(a), floating(b)];
  if (x === 0 && y < 0) throw new PythonError("ZeroDivisionError", "0.0 to a negative power");
  if (x < 0 && Number.isFinite(x) && Number.isFinite(y) && !Number.isInteger(y)) {
    throw typeError(`${repr(a)} ** ${repr(b)} is a complex number, which no variable holds`);
  }
  if (x === 1 || (x === -1 && !Number.isFinite(y) && !Number.isNaN(y))) return new Float(1); // not so in JavaScript
  const result = x ** y;
  if (!Number.isFinite(result) && Number.isFinite(x) && Number.isFinite(y)) {
    throw new PythonError("OverflowError", "a power too large for a float");
  }
  return new Float(result);
}

function wholePower(x, y) {
  const size = x < 0n ? (-x).toString(2).length : x.toString(2).length;
  if (BigInt(size - 1) * y > MOST_BITS) throw new PythonError("MemoryError", "a power too large for a page");
  return whole(x ** y);
}

function negative(a) {
  if (isText(a)) throw typeError(`no -${repr(a)}`);
  return isFloat(a) ? new Float(-a.value) : subtract(0, a);
}

function absolute(a) {
  if (isText(a)) throw typeError(`no abs(${repr(a)})`);
  if (isFloat(a)) return new Float(Math.abs(a.value));
  return less(a, 0) ? negative(a) : raw(a);
}

// --- conversions -------------------------------------------------------------------------------------------------

/** What Python's `str.split` and `str.strip` take for blank. */
const BLANK = "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
const BLANKS = new RegExp(`${BLANK}+`, "u");
const OUTER_BLANKS = new RegExp(`^${BLANK}+|${BLANK}+$`, "gu");

/** The words of a line, as Python's `str.split()` finds them. */
function splitWords(line) {
  return line.split(BLANKS).filter((word) => word !== "");
}

const LETTER = "[\\p{L}\\p{N}_]"; // Python's \w
const TEXT = new RegExp(
  `\\p{Nd}+(?:[.,:]\\p{Nd}+)*(?!${LETTER})|${LETTER}+(?:['’]${LETTER}+)*|(?!${BLANK})[^\\p{L}\\p{N}_]`,
  "gu",
);

/** The numbers, words and signs of a line of running text (`semantics.split_text`). */
function splitText(line) {
  return line.match(TEXT) ?? [];
}

/** A text with every decimal digit of any script as its ASCII one, without outer blanks. */
function asciiDigits(text) {
  const digit = (char) => {
    let first = char.codePointAt(0);
    while (/\p{Nd}/u.test(String.fromCodePoint(first - 1))) first--; // scripts list their digits in tens
    return String((char.codePointAt(0) - first) % 10);
  };
  return text.replace(OUTER_BLANKS, "").replace(/\p{Nd}/gu, (char) => (char <= "9" ? char : digit(char)));
}

/** `int(a)`. */
function toInt(a) {
  if (isText(a)) {
    const text = asciiDigits(a);
    if (!/^[+-]?\d+(_\d+)*$/.test(text)) throw new PythonError("ValueError", `${repr(a)} is no whole number`);
    const digits = text.replace(/[+_-]/g, "");
    if (digits.length > MOST_DIGITS) throw new PythonError("ValueError", "a whole number of too many digits");
    return whole(text[0] === "-" ? -BigInt(digits) : BigInt(digits));
  }
  return isFloat(a) ? wholeOf(Math.trunc(a.value)) : raw(a);
}

/** A float without fraction as a whole number. */
function wholeOf(number) {
  if (Number.isNaN(number)) throw new PythonError("ValueError", "nan is no whole number");
  if (!Number.isFinite(number)) throw new PythonError("OverflowError", "infinity is no whole number");
  return whole(BigInt(number));
}

/** `float(a)`. */
function toFloat(a) {
  if (!isText(a)) return new Float(floating(a));
  const text = asciiDigits(a);
  const special = /^([+-]?)(?:(inf|infinity)|nan)$/i.exec(text);
  if (special) return new Float(special[2] ? (special[1] === "-" ? -Infinity : Infinity) : NaN);
  const digits = "\\d+(?:_\\d+)*";
  const form = new RegExp(`^[+-]?(?:${digits}\\.?(?:${digits})?|\\.${digits})(?:[eE][+-]?${digits})?$`);
  if (!form.test(text)) throw new PythonError("ValueError", `${repr(a)} is no number`);
  return new Float(Number(text.replace(/_/g, "")));
}

/** `round(a)`: to the nearest whole number, halves to the even one. */
function round(a) {
  if (isText(a)) throw typeError(`no round(${repr(a)})`);
  if (!isFloat(a)) return raw(a);
  const floor = Math.floor(a.value);
  const half = a.value - floor;
  return wholeOf(half > 0.5 || (half === 0.5 && floor % 2 !== 0) ? floor + 1 : floor);
}

/** `str(a)`. */
function toText(a) {
  return isText(a) ? a : repr(a);
}

/** `repr(a)`; of texts the form is JSON's where Python's would need escapes. */
function repr(a) {
  if (isText(a)) return /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u.test(a) && !/['\\]/.test(a) ? `'${a}'` : JSON.stringify(a);
  if (typeof a === "boolean") return a ? "True" : "False";
  if (isFloat(a)) return floatRepr(a.value);
  const text = String(a);
  if (text.length > MOST_DIGITS + 1) throw new PythonError("ValueError", "a whole number of too many digits");
  return text;
}

/** A value for a cell: words as they are, other texts quoted. */
function show(a) {
  return isText(a) && a !== "" && /^[\p{L}\p{M}\p{N}\p{P}\p{S}]+$/u.test(a) ? a : repr(a);
}

/** The shortest digits that give the float back (JavaScript finds the same ones), set as Python sets them. */
function floatRepr(number) {
  if (Number.isNaN(number)) return "nan";
  if (!Number.isFinite(number)) return number < 0 ? "-inf" : "inf";
  const sign = isNegative(number) ? "-" : "";
  const [mantissa, exponentText] = Math.abs(number).toExponential().split("e");
  const [digits, exponent] = [mantissa.replace(".", ""), Number(exponentText)];
  if (exponent < -4 || exponent >= 16) {
    const size = String(Math.abs(exponent)).padStart(2, "0");
    return `${sign}${mantissa}e${exponent < 0 ? "-" : "+"}${size}`;
  }
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  const [front, back] = [digits.slice(0, exponent + 1).padEnd(exponent + 1, "0"), digits.slice(exponent + 1)];
  return `${sign}${front}.${back || "0"}`;
}

// --- operators ---------------------------------------------------------------------------------------------------

/** Predicates `key OP query` of a comparing head. */
const COMPARISONS = {
  "==": equal,
  "!=": (a, b) => !equal(a, b),
  "<": less,
  "<=": lessOrEqual,
  ">": (a, b) => less(b, a),
  ">=": (a, b) => lessOrEqual(b, a),
};

/** The elementwise operators of `semantics.OPERATORS`. */
const OPERATORS = {
  ...COMPARISONS,
  "+": add,
  "-": subtract,
  "*": multiply,
  "/": divide,
  "//": floorDivide,
  "%": modulo,
  "^": power,
  and: (a, b) => (truth(a) ? b : a),
  or: (a, b) => (truth(a) ? a : b),
  not: (a) => !truth(a),
  neg: negative,
  round,
  int: toInt,
  float: toFloat,
  str: toText,
  bool: truth,
  indicator: (a) => (truth(a) ? 1 : 0),
  if: (condition, then, otherwise) => (truth(condition) ? then : otherwise),
  min: (a, b) => (less(b, a) ? b : a),
  max: (a, b) => (less(a, b) ? b : a),
  abs: absolute,
};

/* Making elements. Everything a program or a user brings is set as text, never as markup. */

/** An element with attributes (null and false: left out) and children (elements or texts). */
function element(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** The same in SVG. */
function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const byId = (id) => document.getElementById(id);

/** A value in a typeface of its own, isolated from the direction of the text around it. */
function valueOf(value) {
  return element("bdi", { class: `value ${kindOf(value)}` }, repr(value));
}

/** A variable's name as code, that may be broken after its underscores. */
function nameOf(name) {
  const parts = name.split(/(?<=_)/).flatMap((part, k) => (k === 0 ? [part] : [element("wbr"), part]));
  return element("code", { class: "name" }, parts);
}

/** A table with a header row; each row an array of cells. */
function table(headers, rows, attributes = {}) {
  const head = element("tr", {}, headers.map((header) => element("th", { scope: "col" }, header)));
  const body = rows.map((row) => element("tr", { class: row.class ?? null }, row.map((cell) => element("td", {}, cell))));
  return element("table", { class: "plain", ...attributes }, element("thead", {}, head), element("tbody", {}, body));
}

/** "1 token", "2 tokens". */
function counted(number, noun) {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/**
 * A new element. `attributes` are set as they are, but for `text`; a child is a node, a string, or
 * nothing.
 */
export function element(name, { text, ...attributes } = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) made.setAttribute(key, value === true ? '' : value);
  }
  if (text !== undefined) made.textContent = text;
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** The element with this `data-` name; a page that lacks it is broken, and says so. */
export function part(name, within = document) {
  const found = within.querySelector(`[data-${name}]`);
  if (found === null) throw new Error(`This page has no part called ${name}.`);
  return found;
}

/** Fills every element of `names` with its text. */
export function fill(texts, within = document) {
  for (const [name, text] of Object.entries(texts)) part(name, within).textContent = text;
}

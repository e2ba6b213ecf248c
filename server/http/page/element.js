// Makes elements. What comes from the server is only ever their text, so no name of a key is read as markup.

const SVG = 'http://www.w3.org/2000/svg';

const fill = (made, attributes, children) => {
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
};

export const make = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
export const draw = (tag, attributes = {}, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

// Nothing is touched that stays as it is: a selection in the page and what a screen reader reads survive.
export const say = (element, text) => {
  if (element.textContent !== String(text)) element.textContent = text;
};
export const set = (element, name, value) => {
  if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
};

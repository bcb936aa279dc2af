/** Returns the element with this id. */
export const $ = (id) => document.getElementById(id);

/** Returns a new element with properties and children. */
export function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** Returns a drawing of a file of the shop. */
export function drawing(file, name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  use.setAttribute('href', `/assets/${file}#${name}`);
  svg.append(use);
  return svg;
}

/** Returns a button whose text is longer for screen readers: "Remove" and "Remove Farm cheese". */
export function button(text, of, key, onClick, className = '') {
  const made = element(
    'button',
    { type: 'button', className, onclick: onClick },
    text,
    element('span', { className: 'visually-hidden' }, ` ${of}`),
  );
  made.dataset.key = key;
  return made;
}

/** Shows new items in a list. The keyboard's focus stays on its button, if that is still there. */
export function replaceItems(list, items) {
  const { key } = list.contains(document.activeElement) ? document.activeElement.dataset : {};
  list.replaceChildren(...items);
  if (key !== undefined) {
    (
      list.querySelector(`[data-key="${key}"]`) ?? list.closest('section').querySelector('h2')
    ).focus();
  }
}

/** Shows a success message, or hides it. */
export function tell(text = '') {
  $('news').textContent = text;
  $('news').hidden = text === '';
}

/** Shows a problem with a button to try again, or hides it. */
export function complain(text = '') {
  $('problem').querySelector('p').textContent = text;
  $('problem').hidden = text === '';
}

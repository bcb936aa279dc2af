/** The element of this id. */
export const $ = (id) => document.getElementById(id);

/** A new element with properties and children. */
export function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** A button with text for the eye, and more of it for those who hear the page: "Remove" and "Remove Farm cheese". */
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

/** Shows new items in a list. The keyboard's focus stays on the button that it was on, where that is still there. */
export function replaceItems(list, items) {
  const { key } = list.contains(document.activeElement) ? document.activeElement.dataset : {};
  list.replaceChildren(...items);
  if (key !== undefined) {
    (
      list.querySelector(`[data-key="${key}"]`) ?? list.closest('section').querySelector('h2')
    ).focus();
  }
}

/** Good news, or none. */
export function tell(text = '') {
  $('news').textContent = text;
  $('news').hidden = text === '';
}

/** Bad news and a way out, or none. */
export function complain(text = '') {
  $('problem').querySelector('p').textContent = text;
  $('problem').hidden = text === '';
}

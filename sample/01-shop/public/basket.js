import { CATALOGUE, inEuro } from './catalogue.js';
import { $, button, drawing, element, replaceItems } from './page.js';

/** Shows the products in the window of the login page and on the shelf. */
export function showProducts(onAdd) {
  $('window').replaceChildren(...CATALOGUE.map(pictureOf));
  $('products').replaceChildren(
    ...CATALOGUE.map((product) =>
      element(
        'li',
        { className: 'product' },
        pictureOf(product),
        element('h2', {}, product.name),
        element('p', {}, inEuro(product.price)),
        button('Add', product.name, product.id, () => onAdd(product)),
      ),
    ),
  );
}

export function showBasket(basket, onRemove) {
  const lines = basket.map(({ id, amount }) => ({ amount, ...productOf(id) }));
  replaceItems(
    $('basket'),
    lines.map((line) =>
      element(
        'li',
        {},
        element(
          'span',
          {},
          line.name,
          element('span', { className: 'amount' }, ` × ${line.amount}`),
        ),
        element('span', { className: 'price' }, inEuro(line.price * line.amount)),
        button('Remove', line.name, line.id, () => onRemove(line), 'quiet'),
      ),
    ),
  );
  const total = lines.reduce((sum, { price, amount }) => sum + price * amount, 0);
  $('total').querySelector('strong').textContent = inEuro(total);
  $('total').hidden = lines.length === 0;
  $('basket-empty').hidden = lines.length > 0;
}

function productOf(id) {
  return CATALOGUE.find((product) => product.id === id) ?? { id, name: `Product ${id}`, price: 0 };
}

function pictureOf({ picture }) {
  const svg = drawing('products.svg', picture);
  svg.setAttribute('aria-hidden', 'true');
  const tile = element('div', { className: 'picture' }, svg);
  tile.dataset.picture = picture;
  return tile;
}

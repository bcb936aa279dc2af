/** The products of the shop; prices in cents. `picture` is a symbol of products.svg. */
export const CATALOGUE = [
  { id: 1, name: 'Sourdough loaf', price: 480, picture: 'bread' },
  { id: 2, name: 'Salted butter', price: 350, picture: 'butter' },
  { id: 3, name: 'Apples, 1 kg', price: 290, picture: 'apples' },
  { id: 4, name: 'Coffee, 250 g', price: 890, picture: 'coffee' },
  { id: 5, name: 'Forest honey', price: 720, picture: 'honey' },
  { id: 6, name: 'Farm cheese', price: 640, picture: 'cheese' },
];

const money = new Intl.NumberFormat('en', { style: 'currency', currency: 'EUR' });

export const inEuro = (cents) => money.format(cents / 100);

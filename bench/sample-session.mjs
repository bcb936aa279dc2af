/** Returns the data of the n-th session: about 300 bytes of JSON. */
export const sampleSession = (n) => ({
  userId: `user-${n}`,
  name: 'Ann Example',
  email: `ann.example.${n}@example.org`,
  locale: 'en-GB',
  roles: ['customer', 'reviewer'],
  basket: [
    { sku: 'A-10442', quantity: 2, price: 1250 },
    { sku: 'B-20871', quantity: 1, price: 4999 },
  ],
  seen: ['/products/a-10442', '/products/b-20871', '/basket'],
});

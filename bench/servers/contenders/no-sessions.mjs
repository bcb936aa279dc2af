import { greetingOf } from '../greeting.mjs';
import { greetingController, serveApplication } from '../serve-application.mjs';

/** The route without sessions; it gets the same requests as the others, and reads no cookie. */
serveApplication(({ sessions }) => ({
  controller: greetingController(() => greetingOf(0)),
  headers: () =>
    Array.from({ length: sessions }, (_, n) => ({ cookie: `id=${String(n).padStart(80, '0')}` })),
}));

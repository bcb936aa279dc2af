import { sampleSession } from '../sample-session.mjs';
import { greetingController, serveApplication } from './serve-application.mjs';

/** The route without sessions; it gets the same requests as the others, and reads no cookie. */
serveApplication(({ sessions }) => {
  const { name } = sampleSession(0);
  return {
    controller: greetingController(() => ({ hello: name })),
    cookies: () => Array.from({ length: sessions }, (_, n) => `id=${String(n).padStart(80, '0')}`),
  };
});

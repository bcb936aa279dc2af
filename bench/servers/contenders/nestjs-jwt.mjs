import { JwtService } from '@nestjs/jwt';
import { sampleSession } from '../../sample-session.mjs';
import { bearerOf, guardedController } from '../guarded.mjs';
import { SECRET } from '../secret.mjs';
import { serveApplication } from '../serve-application.mjs';

/** A guard of `@nestjs/jwt` (HS256), as Nest's documentation on authentication shows it. */
serveApplication(({ sessions }) => {
  const jwt = new JwtService({ secret: SECRET, signOptions: { expiresIn: '1d' } });
  return {
    controller: guardedController(async (request) => jwt.verifyAsync(bearerOf(request))),
    headers: () =>
      Array.from({ length: sessions }, (_, n) => ({
        authorization: `Bearer ${jwt.sign(sampleSession(n))}`,
      })),
  };
});

import { expect, it } from '@jest/globals';
import { AppModule } from '../../sample/07-graphql/src/app.module.js';
import { useSample } from '../support/applications/sample.js';
import { graphqlBrowser } from '../support/graphql/graphql-browser.js';
import { describeAdapters } from '../support/docs/harness.js';

describeAdapters((adapter) => {
  const sample = useSample(AppModule, adapter);

  const device = () => graphqlBrowser(sample.url);

  it('every resolver is guarded unless it opts out', async () => {
    const { send } = device();
    expect(await send('{ me }')).toEqual({ data: { me: null } });
    for (const operation of ['{ notes }', 'mutation { addNote(text: "x") }']) {
      const { errors } = await send(operation);
      expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['SESSION_MISSING']);
    }
    const { errors } = await send('mutation { login(name: " ") }');
    expect(errors?.[0]?.extensions.code).toBe('BAD_REQUEST');
    for (const path of ['/', '/notes.js']) {
      expect((await fetch(sample.url + path)).status).toBe(200);
    }
  });

  it('a member gets the notes of both devices until the logout', async () => {
    const [phone, laptop] = [device(), device()];
    const name = `ann of ${sample.url}`;
    for (const { send } of [phone, laptop]) {
      await send(`mutation { login(name: "${name}") }`);
    }
    const socket = phone.connect();
    const notes = socket.start('subscription { noteAdded }');
    const first = notes.next();
    // A query over the same socket responds after the subscription has begun.
    expect(await socket.first('{ me }')).toEqual({ data: { me: name } });
    expect(await laptop.send('mutation { addNote(text: "milk") }')).toEqual({
      data: { addNote: ['milk'] },
    });
    expect((await first).value).toEqual({ data: { noteAdded: 'milk' } });
    const next = notes.next();
    next.catch(() => undefined);
    await phone.send('mutation { logout }');
    expect(await socket.closed).toEqual({ code: 4401, reason: 'SESSION_LOGOUT' });
    expect(await phone.send('{ me }')).toEqual({ data: { me: null } });
    expect(await laptop.send('{ notes }')).toEqual({ data: { notes: ['milk'] } });
  });
});

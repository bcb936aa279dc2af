import { describe, expect, it } from '@jest/globals';
import { AppModule } from '../../sample/05-realtime/src/app.module.js';
import { useSample } from '../support/applications/sample.js';
import { describeAdapters } from '../support/docs/harness.js';
import { openEvents } from '../support/http/event-stream.js';
import { openSocketIo } from '../support/sockets/socket-io-client.js';
import { opened } from '../support/sockets/socket-kinds.js';

describeAdapters((adapter) => {
  const sample = useSample(AppModule, adapter);

  const post = (path: string, cookie = '', body = {}) =>
    fetch(sample.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', cookie },
      body: JSON.stringify(body),
    });
  const login = async (name: string) => {
    const response = await post('/login', '', { name });
    return response.headers.getSetCookie()[0]!.split(';')[0]!;
  };
  const connect = (cookie: string) => openSocketIo(Number(new URL(sample.url).port), { cookie });
  /** What a tab of the page opens. */
  const openTab = async (cookie: string) => ({
    socket: await opened(connect(cookie)),
    stream: await openEvents(`${sample.url}/presence`, { cookie }),
  });

  describe('sockets and a stream', () => {
    it('a client without a session gets neither a socket nor a stream', async () => {
      expect(await connect('')).toEqual({ code: 'SESSION_MISSING' });
      for (const path of ['/presence', '/me']) {
        expect((await fetch(sample.url + path)).status).toBe(401);
      }
    });

    it('a client without a session gets the page and its scripts', async () => {
      for (const path of ['/', '/realtime.js', '/socket.io/socket.io.esm.min.js']) {
        expect((await fetch(sample.url + path)).status).toBe(200);
      }
    });

    it('a login without a name is refused', async () => {
      expect((await post('/login', '', { name: ' ' })).status).toBe(400);
    });

    it('a member chats, and sees how many tabs are open', async () => {
      const [ann, ben] = [await openTab(await login('ann')), await openTab(await login('ben'))];
      ann.socket.send('say', 'Hello');
      expect(await ben.socket.ask('nothing')).toEqual({
        event: 'said',
        data: { author: 'ann', text: 'Hello' },
      });
      expect(await ben.stream.next()).toEqual({ event: 'message', data: '{"present":2}' });
      ann.socket.close();
      expect(await ben.stream.next()).toEqual({ event: 'message', data: '{"present":1}' });
      ben.socket.close();
      ann.stream.leave();
      ben.stream.leave();
    });

    it('a logout closes both tabs of the member, and says why', async () => {
      const cookie = await login('ann');
      const tabs = [await openTab(cookie), await openTab(cookie)];
      const other = await openTab(await login('ben'));
      await post('/logout', cookie);
      for (const { socket, stream } of tabs) {
        expect(await socket.closed).toEqual({ by: 'io server disconnect', code: 'SESSION_LOGOUT' });
        const last = { event: 'session-ended', data: '{"reason":"logout"}' };
        expect((await stream.rest()).at(-1)).toEqual(last);
      }
      const ended = { code: 'SESSION_ENDED', reason: 'logout' };
      expect(await connect(cookie)).toEqual(ended);
      const me = await fetch(`${sample.url}/me`, { headers: { cookie } });
      expect(await me.json()).toMatchObject(ended);
      expect(await other.socket.ask('say', 'Still here')).toMatchObject({ event: 'said' });
      other.socket.close();
      other.stream.leave();
    });
  });
});

import { setTimeout as pause } from 'node:timers/promises';
import { open, serve } from './worker.mjs';

/** Number of visitors at once in each process. */
const VISITORS = 5;

/** Maximum number of sessions that a process leaves open and reads at the end. */
const AUDITED = 300;

/** Milliseconds that a client waits after a call that failed. */
const AFTER_FAILURE_MS = 50;

/** The user who logs in again and again. */
const CROWD = 'crowd';

/** Codes of refusals. */
const GONE = ['ERR_SESSION_NOT_FOUND', 'ERR_SESSION_ENDED', 'ERR_SESSION_EXPIRED'];

/** Milliseconds of a clock that all processes of the machine share. */
const now = () => Number(process.hrtime.bigint()) / 1e6;

const oneOf = (values) => values[Math.floor(Math.random() * values.length)];

/** Visitors whose requests go to any of the places, and who note each call. */
await serve(async ({ places, options, name }) => {
  const opened = [];
  for (const place of places) {
    opened.push(await open(place, options));
  }
  const managers = opened.map(({ manager }) => manager);
  let calls = [];
  let unended = [];
  let sessions = 0;

  /** Makes a call and notes it. Returns what it noted, and the result. */
  const take = async (noted, work, manager = oneOf(managers)) => {
    const start = now();
    let more;
    let outcome = 'ok';
    let result;
    try {
      ({ result, ...more } = await work(manager));
    } catch (error) {
      outcome = outcomeOf(error);
    }
    const call = { ...noted, start, end: now(), outcome, ...more };
    calls.push(call);
    if (outcome === 'failed' || outcome === 'unknown') {
      await pause(AFTER_FAILURE_MS);
    }
    return { outcome, result };
  };

  const actions = {
    read: (token) => async (manager) => {
      const { data, version } = await manager.inspectSession(token);
      return { owner: data.session, updates: data.updates, version };
    },
    update: (token) => async (manager) => {
      await manager.updateSession(token, (data) => void data.updates++);
      return {};
    },
    renew: (token) => async (manager) => {
      await manager.renewSession(token);
      return {};
    },
    rotate: (token) => async (manager) => ({ result: await manager.regenerateSession(token) }),
    logout: (token) => async (manager) => {
      await manager.removeSession(token);
      return {};
    },
  };
  const act = (call, { session, token, secret }, more, manager) =>
    take({ call, session, token, ...more }, actions[call](secret), manager);

  const visit = async () => {
    const session = `${name}-${sessions++}`;
    // Half of them take the path of a login with a limit.
    const data = { session, updates: 0, ...(sessions % 2 === 0 && { userId: session }) };
    const login = await take({ call: 'login', session, token: 0 }, async (manager) => ({
      result: await manager.createSession(data),
    }));
    if (login.outcome !== 'ok') {
      return;
    }
    let current = { session, token: 0, secret: login.result };
    for (let step = 0; step < 6; step++) {
      const call = oneOf(['read', 'read', 'update', 'update', 'renew', 'rotate']);
      const used = current;
      const [{ outcome, result }] = await Promise.all([
        act(call, used),
        ...(Math.random() < 0.3 ? [act('read', used)] : []),
      ]);
      if (call === 'rotate' && outcome === 'ok') {
        current = { session, token: used.token + 1, secret: result };
        await act('read', used);
      }
      if (call === 'rotate' && outcome === 'unknown') {
        // Nobody knows which token opens the session.
        return;
      }
    }
    if (Math.random() < 0.3 && unended.length < AUDITED) {
      unended.push(current);
      return;
    }
    await act('logout', current);
    await act('read', current);
    await act('read', current);
  };

  const crowd = async () => {
    await take({ call: 'login', session: CROWD, token: 0 }, async (manager) => {
      await manager.createSession({ userId: CROWD });
      return {};
    });
    await take({ call: 'list', session: CROWD, token: 0 }, async (manager) => ({
      count: (await manager.listSessions(CROWD)).length,
    }));
  };

  const repeat = async (work, signal) => {
    while (!signal.aborted) {
      await work();
    }
  };

  return {
    close: async () => void (await Promise.all(opened.map(({ close }) => close()))),
    async round(what, signal) {
      calls = [];
      if (what === 'audit') {
        for (const manager of managers) {
          for (const each of unended) {
            await act('read', each, { isAudit: true }, manager);
          }
        }
        return calls;
      }
      await Promise.all([
        ...Array.from({ length: VISITORS }, () => repeat(visit, signal)),
        repeat(crowd, signal),
      ]);
      return calls;
    },
  };
});

function outcomeOf(error) {
  if (GONE.includes(error.code)) {
    return 'gone';
  }
  if (error.code === 'ERR_SESSION_STORE') {
    return error.reason === 'unknown' ? 'unknown' : 'failed';
  }
  return `unexpected ${error.code ?? error.name}: ${error.message}`;
}

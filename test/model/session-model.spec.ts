import { afterAll, beforeAll, describe, it } from '@jest/globals';
import fc from 'fast-check';
import type { SessionEvent } from 'nestjs-server-sessions';
import {
  describeDatabases,
  embeddedFile,
  embeddedMemory,
  openSessions,
  SERVERS,
  type TestDatabase,
  type TestSessions,
} from '../support/databases/databases.js';
import { TestClock } from '../support/sessions/test-clock.js';
import {
  agree,
  outcomeOf,
  sessionCommands,
  USERS,
  type RealKinds,
  type RealSessions,
} from './session-commands.js';
import { SessionModel, UNKNOWN, type ModelData, type ModelRules } from './session-model.js';
import { KINDS, startKinds, type Kind } from './session-requests.js';

/** Number of sequences of commands for all sets of rules together in memory; each takes about 25 ms. */
const RUNS = Number(process.env['MODEL_RUNS'] ?? 300);

const TIMEOUT = 60_000 + RUNS * 250;

/** What a failure prints, to reproduce it. */
const { MODEL_SEED, MODEL_PATH, MODEL_REPLAY } = process.env;

const RULES: [string, ModelRules][] = [
  [
    'evicts the oldest of more than three, and keeps the rows of ended sessions',
    {
      expireTime: 100,
      renewTimestamp: 40,
      absoluteTimeout: 250,
      maxSessionsPerUser: 3,
      retention: 200,
    },
  ],
  [
    'refuses a third login, and ends sessions at the absolute limit',
    {
      expireTime: 100,
      renewTimestamp: 100,
      absoluteTimeout: 120,
      maxSessionsPerUser: 2,
      onSessionLimit: 'reject',
      retention: 0,
    },
  ],
  [
    'knows no limits, and keeps the rows of ended sessions',
    { expireTime: 80, renewTimestamp: 100, absoluteTimeout: false, retention: 10_000 },
  ],
];

type Failure = Pick<fc.RunDetails<unknown[]>, 'seed' | 'counterexamplePath' | 'counterexample'>;

/** All except the second driver for MariaDB; a run takes several times as long if it is not in memory. */
const PLACES = [embeddedMemory, embeddedFile, ...SERVERS].filter(
  ({ name }) => name !== 'MySQL dialect',
);

describeDatabases((database) => {
  describe.each(RULES)('a manager that %s', (name, rules) => {
    const clock = new TestClock();
    let opened: Record<Kind, TestSessions<ModelData>>;
    let application: Awaited<ReturnType<typeof startKinds>>;
    let kinds: RealKinds;

    beforeAll(async () => {
      const { retention, ...rest } = rules;
      const options = { ...rest, cleanup: { interval: false, retention }, clock } as const;
      opened = {
        customers: await openSessions<ModelData>(database, options),
        staff: await openSessions<ModelData>(database, options),
      };
      const skewed = { skew: 0, now: () => clock.now() + skewed.skew };
      application = await startKinds(opened, { ...options, clock: skewed });
      const kindOf = (kind: Kind): RealSessions => {
        const { manager } = opened[kind];
        const requests = application[kind];
        const events: SessionEvent[] = [];
        for (const { events$ } of [manager, requests.manager]) {
          events$.subscribe(({ kind: _, ...event }) => void events.push(event));
        }
        return { manager, requests, clock, skewed, events };
      };
      kinds = { customers: kindOf('customers'), staff: kindOf('staff') };
    });
    afterAll(async () => {
      await application.close();
      await opened.customers.close();
      await opened.staff.close();
    });

    it(
      `the manager agrees with the documented rules in ${shareOf(database)} sequences of calls`,
      async () => {
        const property = fc.asyncProperty(sessionCommands(MODEL_REPLAY), async (commands) => {
          for (const kind of KINDS) {
            const { sequelize, tableName } = opened[kind];
            await sequelize.query(`DELETE FROM ${tableName}`);
            kinds[kind].events.length = 0;
          }
          const time = { now: clock.now() };
          const model = {
            customers: new SessionModel(rules, time),
            staff: new SessionModel(rules, time),
          };
          await fc.asyncModelRun(() => ({ model, real: kinds }), commands);
          for (const kind of KINDS) {
            await agreeOnAll(model[kind], opened[kind]);
          }
        });
        const details = await fc.check(property, {
          numRuns: shareOf(database),
          ...(MODEL_SEED !== undefined && { seed: Number(MODEL_SEED) }),
          ...(MODEL_PATH !== undefined && { path: MODEL_PATH }),
        });
        if (details.failed) {
          const report = await fc.asyncDefaultReportMessage(details);
          throw new Error(`${replayOf(name, details)}\n${report}`, {
            cause: details.errorInstance,
          });
        }
      },
      TIMEOUT,
    );
  });
}, PLACES);

/** Returns the runs of one set of rules: in memory, all sets together make `RUNS`, elsewhere a tenth. */
function shareOf(database: TestDatabase): number {
  return Math.ceil(RUNS / RULES.length / (database === embeddedMemory ? 1 : 10));
}

/** Compares all that can be read at the end, so that no command has changed another session unnoticed. */
async function agreeOnAll(model: SessionModel, { manager, select, tableName }: TestSessions) {
  for (const { tokens } of model.everyone) {
    for (const token of tokens.filter((each) => each !== UNKNOWN)) {
      const real = await outcomeOf(manager.inspectSession(token));
      agree('what a token opens at the end', real, model.inspect(token));
    }
  }
  for (const user of USERS) {
    const real = await outcomeOf(manager.listSessions(user));
    agree(`what ${user} has at the end`, real, model.list(user));
    const ended = await outcomeOf(manager.listSessions(user, { ended: true }));
    agree(`what ${user} had at the end`, ended, model.listEnded(user));
  }
  const rows = await select(`SELECT id FROM ${tableName} ORDER BY id`);
  const stored = model.stored.map(({ id }) => ({ id })).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  agree('the rows at the end', rows, stored);
}

/** The command that reproduces a failure. */
function replayOf(name: string, { seed, counterexamplePath, counterexample }: Failure): string {
  const [, replay] = /replayPath="([^"]*)"/.exec(String(counterexample?.[0])) ?? [];
  return (
    'To see it again: ' +
    `MODEL_SEED=${seed} MODEL_PATH=${counterexamplePath} MODEL_REPLAY=${replay} MODEL_RUNS=${RUNS} ` +
    `npm test -- test/model -t '${name}'`
  );
}

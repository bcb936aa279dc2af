import { readFileSync } from 'node:fs';

export const TITLE = 'nestjs-server-sessions';
export const DESCRIPTION =
  'Server-side sessions for NestJS on SQLite, PostgreSQL, MariaDB and MySQL';

const pages = (text, items) => ({
  text,
  items: items.map(([title, link]) => ({
    text: title,
    link: /^[a-z]/.test(link) ? `/docs/${link}` : `/${link}`,
  })),
});

/** The pages by task, in the order in which people need them. */
export const SIDEBAR = [
  pages('Begin', [
    ['Start', ''],
    ['Start, renew and end sessions', 'lifecycle'],
    ['Log out everywhere', 'log-out-everywhere'],
    ['Show and sign out devices', 'devices'],
    ['Visitors and their basket', 'visitors'],
    ['Show when the session ends', 'browser'],
    ['Recipes', 'recipes'],
    ['Find out why it does not work', 'troubleshooting'],
    ['Test your application', 'testing'],
  ]),
  pages('Sign in', [
    ['Log in with a password', 'passwords'],
    ['Single sign-on and payments', 'single-sign-on'],
    ['Passport and express-session', 'passport'],
    ['Roles', 'roles'],
    ['Remember me', 'remember-me'],
    ['Device-bound sessions', 'device-bound'],
    ['Customers and staff', 'kinds'],
    ['Act as a customer', 'acting'],
  ]),
  pages('Clients', [
    ['Pages of another origin', 'other-origins'],
    ['Mobile apps', 'mobile'],
    ['Sockets', 'sockets'],
    ['GraphQL', 'graphql'],
    ['OpenAPI', 'openapi'],
  ]),
  pages('Data and databases', [
    ['Types, schemas, encryption', 'data'],
    ['Databases and migrations', 'databases'],
    ['TypeORM, Prisma, Drizzle, Mongoose', 'other-orms'],
  ]),
  pages('In production', [
    ['Security', 'security'],
    ['Deploy and change options', 'deploying'],
    ['Faults: when things fail', 'faults'],
    ['Pages for operators', 'admin'],
    ['Health, metrics, traces', 'observing'],
    ['Scale', 'scaling'],
    ['Performance', 'performance'],
  ]),
  pages('Move here', [
    ['From express-session', 'migrating-from-express-session'],
    ['From JWTs, better-auth, iron-session', 'migrating-from-jwt'],
    ['From server-sessions', 'migrating-from-server-sessions'],
  ]),
  pages('Look up', [
    ['Options: the configuration', 'options'],
    ['Reference', 'reference'],
    ['Types', 'types'],
    ['How it works', 'architecture'],
    ['For coding assistants', 'AGENTS'],
    ['What is not defended', 'SECURITY'],
    ['Requirements and their tests', 'audit'],
    ['Contribute', 'CONTRIBUTING'],
    ['Changes', 'CHANGELOG'],
  ]),
];

const { exports } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
);

/** The pages of the API: one for each entry point, which leads to those of its classes, functions and types. */
export const API = [
  {
    text: `Import from ${TITLE}`,
    items: Object.keys(exports)
      .filter((path) => path !== './package.json')
      .map((path) => path.slice(1))
      .map((path) => ({ text: path || TITLE, link: `/api/${TITLE}${path}/` })),
  },
];

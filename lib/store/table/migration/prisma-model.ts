import type { DialectName } from '../../drivers/dialect.js';
import { COLUMNS, INDEXES } from '../ddl.js';
import { derivedName } from '../derived-name.js';

type Kind = (typeof COLUMNS)[keyof typeof COLUMNS];

/** The type of a field by the kind of its column, and its attributes. */
const FIELDS: Readonly<Record<Kind, readonly [type: string, ...attributes: string[]]>> = {
  id: ['String', '@id', '@db.VarChar(36)'],
  'optional id': ['String?', '@db.VarChar(36)'],
  hash: ['String', '@db.VarChar(43)'],
  'optional hash': ['String?', '@db.VarChar(43)'],
  user: ['String?', '@db.VarChar(255)'],
  address: ['String?', '@db.VarChar(45)'],
  agent: ['String?', '@db.VarChar(512)'],
  text: ['String', '@db.LongText'],
  count: ['Int'],
  time: ['BigInt'],
  'optional time': ['BigInt?'],
  hint: ['BigInt', '@default(0)'],
  reason: ['String', '@default("")', '@db.VarChar(32)'],
  device: ['String?', '@db.VarChar(255)'],
};

/**
 * Returns the model by which Prisma Migrate knows the session table, and so neither changes nor drops it. Prisma Client does
 * not get the model, because only this library may write sessions.
 */
export function prismaModel(dialect: DialectName, tableName: string): string {
  const fields = Object.entries(COLUMNS).map(([column, kind]) => {
    const [type, ...attributes] = FIELDS[kind];
    const map = fieldOf(column) === column ? [] : [`@map("${column}")`];
    const kept = attributes.filter((attribute) => isKnown(dialect, attribute));
    return [fieldOf(column), type, ...map, ...kept].join(' ');
  });
  const indexes = Object.entries(INDEXES).map(([suffix, columns]) => {
    const names = columns.split(', ').map(fieldOf).join(', ');
    return `@@index([${names}], map: "${derivedName(tableName, suffix)}")`;
  });
  const lines = [...fields, '', ...indexes, `@@map("${tableName}")`, '@@ignore'];
  const body = lines.map((line) => (line === '' ? '' : `  ${line}`)).join('\n');
  return `/// The session table of nestjs-server-sessions, which alone writes it.\nmodel ServerSession {\n${body}\n}\n`;
}

/** SQLite has no lengths. PostgreSQL has one type for all texts. */
function isKnown(dialect: DialectName, attribute: string): boolean {
  if (attribute === '@db.LongText') {
    return dialect === 'mariadb' || dialect === 'mysql';
  }
  return dialect !== 'sqlite' || !attribute.startsWith('@db.');
}

function fieldOf(column: string): string {
  return column.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

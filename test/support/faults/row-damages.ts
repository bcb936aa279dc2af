/** A row of the session table, by the names of its columns. */
export type Columns = Readonly<Record<string, unknown>>;

/** A damage of a row: the columns that have changed. */
export interface Damage {
  readonly name: string;
  readonly to: (row: Columns, another: Columns, random: (below: number) => number) => Columns;
  /** What the error says about the session; by default, that its data or its row is damaged. */
  readonly told?: 'nothing' | 'not found';
  /** Only SQLite accepts such a value. */
  readonly onSqlite?: true;
}

/** Longer than all text that the library writes into columns other than the data. */
const LONG = 'x'.repeat(5000);
/** SQLite keeps a number with a space in it as text, of which JavaScript makes 1. */
const ZEROS = `\u2003${'0'.repeat(5000)}1`;

const text = (row: Columns) => row['data'] as string;

/** Returns a text with one character changed, at a place that `random` chooses. */
export function edited(whole: string, random: (below: number) => number): string {
  const at = random(whole.length);
  const other = String.fromCharCode(0x21 + random(0x5d));
  const changed = other === whole[at] ? '~' : other;
  return `${whole.slice(0, at)}${changed}${whole.slice(at + 1)}`;
}

/** The damages of a row of encrypted data. */
export const DAMAGES: readonly Damage[] = [
  {
    name: 'a byte of the data changed',
    to: (row, _, random) => ({ data: edited(text(row), random) }),
  },
  { name: 'a byte lost', to: (row, _, random) => ({ data: without(text(row), random) }) },
  {
    name: 'the data cut short',
    to: (row, _, random) => ({ data: text(row).slice(0, random(text(row).length)) }),
  },
  { name: 'no data', to: () => ({ data: '' }) },
  { name: 'something after the data', to: (row) => ({ data: `${text(row)}.` }) },
  { name: 'the data of another session', to: (_, another) => ({ data: another['data'] }) },
  {
    name: 'a format of later versions',
    to: (row) => ({ data: text(row).replace('enc1', 'enc2') }),
  },
  {
    name: 'a key that nobody has',
    to: (row) => ({ data: text(row).replace(/\..{8}\./, '.AAAAAAAA.') }),
  },
  { name: 'half of a JSON text', to: () => ({ data: '{"basket":["bread"' }) },
  { name: 'no JSON', to: () => ({ data: 'undefined' }) },
  { name: 'data without end', to: () => ({ data: '['.repeat(50_000) + ']'.repeat(50_000) }) },
  { name: 'a date before all', to: () => ({ created_at: -1 }) },
  { name: 'a date beyond all', to: () => ({ expires_at: '9223372036854775807' }) },
  {
    name: 'dates that no Date can hold',
    to: () => ({ created_at: 9e15, renewed_at: 9e15, expires_at: 9e15 }),
  },
  { name: 'a version below all', to: () => ({ version: -1 }) },
  {
    name: 'another hash',
    to: (_, another) => ({ secret_hash: another['secret_hash'] }),
    told: 'not found',
  },
  {
    name: 'a byte of the hash changed',
    to: (row, _, random) => ({ secret_hash: edited(row['secret_hash'] as string, random) }),
    told: 'not found',
  },
  { name: 'no hash', to: () => ({ secret_hash: '' }), told: 'not found' },
  {
    name: 'another id',
    to: (row) => ({ id: (row['id'] as string).replace(/^./, 'f') }),
    told: 'not found',
  },
  { name: 'no owner', to: () => ({ user_id: null }), told: 'nothing' },
  { name: 'a link that is not an id', to: () => ({ actor_session_id: '"},{' }) },
  { name: 'no client', to: () => ({ ip_address: null, user_agent: null }), told: 'nothing' },
  { name: 'binary data', to: (row) => ({ data: Buffer.from(text(row)) }), onSqlite: true },
  {
    name: 'a binary hash',
    to: (row) => ({ secret_hash: Buffer.from(row['secret_hash'] as string) }),
    told: 'not found',
    onSqlite: true,
  },
  { name: 'a binary owner', to: () => ({ user_id: Buffer.from('ann') }), onSqlite: true },
  { name: 'a binary version', to: () => ({ version: Buffer.from('1') }), onSqlite: true },
  { name: 'a binary address', to: () => ({ ip_address: Buffer.from('::1') }), onSqlite: true },
  {
    name: 'a binary hash of before',
    to: () => ({ previous_secret_hash: Buffer.alloc(43), previous_valid_until: Buffer.from('0') }),
    onSqlite: true,
  },
  {
    name: 'words for dates',
    to: () => ({ created_at: 'never', expires_at: 'never' }),
    onSqlite: true,
  },
  {
    name: 'a word for the end of a grace',
    to: () => ({ previous_valid_until: 'never' }),
    onSqlite: true,
  },
  {
    name: 'a word for the time of a rotation',
    to: () => ({ rotated_at: 'never' }),
    onSqlite: true,
  },
  { name: 'a word for the version', to: () => ({ version: 'latest' }), onSqlite: true },
  {
    name: 'more data than any session has',
    to: () => ({ data: JSON.stringify('x'.repeat(9 * 1024 * 1024)) }),
    onSqlite: true,
  },
  { name: 'an owner without end', to: () => ({ user_id: LONG }), onSqlite: true },
  {
    name: 'a hash without end',
    to: () => ({ secret_hash: LONG }),
    told: 'not found',
    onSqlite: true,
  },
  {
    name: 'a client without end',
    to: () => ({ ip_address: LONG, user_agent: LONG }),
    onSqlite: true,
  },
  { name: 'digits without end for the version', to: () => ({ version: ZEROS }), onSqlite: true },
];

function without(whole: string, random: (below: number) => number): string {
  const at = random(whole.length);
  return whole.slice(0, at) + whole.slice(at + 1);
}

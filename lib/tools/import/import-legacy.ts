import type { ImportedRow, ImportedSessions } from './imported-sessions.js';
import type { LegacySessions } from './legacy-sessions.js';
import {
  maxLegacyBytes,
  translateSession,
  type ImportRefusal,
  type TranslationRules,
} from './translate-session.js';

/** The number of sessions with each outcome so far; in a dry run, with the outcome that they would have. */
export interface ImportCounts extends Readonly<Record<ImportRefusal, number>> {
  /** Copied, or to be copied. */
  readonly copied: number;
  /** In the new table already, or copied before and removed there since. */
  readonly known: number;
}

/** Number of sessions that are read and copied at a time. */
const PAGE = 250;

/**
 * Copies the live sessions of `server-sessions`, page by page. Yields the counts after each page.
 *
 * @param target `undefined` if the new table does not exist yet
 * @param write `false` counts the sessions without copying them
 */
export async function* importLegacy(
  source: LegacySessions,
  target: ImportedSessions | undefined,
  rules: TranslationRules,
  write: boolean,
): AsyncGenerator<ImportCounts, undefined> {
  const counts = { copied: 0, known: 0, expired: 0, unreadable: 0, tooLarge: 0 };
  for await (const page of source.pages(PAGE, maxLegacyBytes(rules.maxDataBytes))) {
    // By id: a file that was made by hand can have an id twice.
    const rows = new Map<string, ImportedRow>();
    for (const old of page) {
      const row = translateSession(old, rules);
      if (typeof row === 'string') {
        counts[row]++;
      } else {
        counts.known++;
        rows.set(row.id, rows.get(row.id) ?? row);
      }
    }
    const copied = await copy([...rows.values()], target, write);
    counts.copied += copied;
    counts.known -= copied;
    yield { ...counts };
  }
  return undefined;
}

/** Returns how many of the rows were copied, or would be. */
async function copy(
  rows: readonly ImportedRow[],
  target: ImportedSessions | undefined,
  write: boolean,
): Promise<number> {
  if (!target || rows.length === 0) {
    return rows.length;
  }
  return write
    ? target.add(rows)
    : rows.length - (await target.known(rows.map(({ id }) => id))).size;
}

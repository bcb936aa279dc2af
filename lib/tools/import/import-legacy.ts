import type { ImportedRow, ImportedSessions } from './imported-sessions.js';
import type { LegacySessions } from './legacy-sessions.js';
import {
  maxLegacyBytes,
  translateSession,
  type ImportRefusal,
  type TranslationRules,
} from './translate-session.js';

/** What became of the sessions so far, or would. */
export interface ImportCounts extends Readonly<Record<ImportRefusal, number>> {
  /** Copied, or to be copied. */
  readonly copied: number;
  /** In the new table already, or copied before and removed there since. */
  readonly known: number;
}

/** Sessions that are read, and copied, at a time. */
const PAGE = 250;

/**
 * Copies the live sessions of `server-sessions`, page by page; gives the counts after each.
 *
 * @param target `undefined` where there is no table yet
 * @param write `false` only counts
 */
export async function* importLegacy(
  source: LegacySessions,
  target: ImportedSessions | undefined,
  rules: TranslationRules,
  write: boolean,
): AsyncGenerator<ImportCounts, undefined> {
  const counts = { copied: 0, known: 0, expired: 0, unreadable: 0, tooLarge: 0 };
  for await (const page of source.pages(PAGE, maxLegacyBytes(rules.maxDataBytes))) {
    const rows: ImportedRow[] = [];
    for (const old of page) {
      const row = translateSession(old, rules);
      if (typeof row === 'string') {
        counts[row]++;
      } else {
        rows.push(row);
      }
    }
    const copied = await copy(rows, target, write);
    counts.copied += copied;
    counts.known += rows.length - copied;
    yield { ...counts };
  }
  return undefined;
}

/** How many of the rows are copied, or would be. */
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

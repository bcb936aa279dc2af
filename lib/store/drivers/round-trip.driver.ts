import { SessionDataError } from '../../common/session-error.js';
import { PostgresDriver } from './postgres.driver.js';
import type { Columns, Parameters, RawConnection } from './driver.js';
import { getCode } from '../execution/store-error.js';

/** As many characters as the column of user ids holds; in SQL_ASCII as many bytes. */
const ROOM = 255;

/**
 * Sends statements to a database whose encoding can't hold all text. A user's id, the one parameter that may not be ASCII
 * there, goes there and back first: one that returns as it went is no other's, since two that were stored as one could not
 * both return. An error of the statement itself would not do: EUC_JP takes U+00A6 and U+FFE4 for the same.
 *
 * @throws SessionDataError for one that the database refuses or alters
 */
export class RoundTripDriver extends PostgresDriver {
  override async rows(on: RawConnection, sql: string, parameters: Parameters): Promise<Columns[]> {
    await this.#requireStorable(on, parameters);
    return super.rows(on, sql, parameters);
  }

  override async count(on: RawConnection, sql: string, parameters: Parameters): Promise<number> {
    await this.#requireStorable(on, parameters);
    return super.count(on, sql, parameters);
  }

  async #requireStorable(on: RawConnection, parameters: Parameters): Promise<void> {
    for (const text of new Set(Object.values(parameters).filter(isBeyondAscii))) {
      if ((await this.#storedAs(on, text)) !== text) {
        throw new SessionDataError(
          "This user id can't be stored: the encoding of the database has no such characters, or no room for them. " +
            'Use ids in ASCII, or a database in UTF8.',
        );
      }
    }
  }

  /** What the column would hold: a cast cuts what is too long, and an encoding may refuse the text. */
  async #storedAs(on: RawConnection, text: string): Promise<unknown> {
    try {
      const [row] = await super.rows(on, `SELECT $text::varchar(${ROOM}) AS text`, { text });
      return row!['text'];
    } catch (error) {
      if (['22P05', '22021'].includes(getCode(error) ?? '')) {
        return undefined;
      }
      throw error;
    }
  }
}

function isBeyondAscii(value: unknown): value is string {
  return typeof value === 'string' && /[\u0080-\uffff]/.test(value);
}

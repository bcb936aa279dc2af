import { SessionDataError } from '../../common/session-error.js';
import { PostgresDriver } from './postgres/postgres.driver.js';
import type { Columns, Parameters, RawConnection } from './driver.js';
import { getCode } from '../execution/store-error.js';

/** Length of the column of user ids, in characters; in SQL_ASCII, in bytes. */
const ROOM = 255;

/**
 * Sends statements to a database whose encoding can't hold all text. A user's id, the only parameter that may not be ASCII
 * there, makes a round trip first. If it returns unchanged, no other id is stored as the same text, since only one of the
 * two could return unchanged. Waiting for an error of the statement is not enough: EUC_JP stores U+00A6 and U+FFE4 as the
 * same.
 *
 * @throws SessionDataError for an id that the database refuses or changes
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

  /** The round trip of one statement would come after the next statement. */
  override pipeline(): undefined {
    return undefined;
  }

  async #requireStorable(on: RawConnection, parameters: Parameters): Promise<void> {
    for (const text of new Set(Object.values(parameters).filter(isBeyondAscii))) {
      if ((await this.#storedAs(on, text)) !== text) {
        throw new SessionDataError(
          "This user id can't be stored: the encoding of the database lacks its characters, or makes it too long. " +
            'Use ids in ASCII, or a database in UTF8.',
        );
      }
    }
  }

  /** Returns what the column would hold: a cast truncates text that is too long, and an encoding may refuse the text. */
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

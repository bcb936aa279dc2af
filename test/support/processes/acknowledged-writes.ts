import { SessionNotFoundError, type SessionManager } from 'nestjs-server-sessions';

/** The acknowledged writes of a writer, to compare with the content of the database after a crash. */
export class Acknowledged {
  /** Visits of each session that must exist. The database may have one more, of a change whose response got lost. */
  readonly #kept = new Map<string, number>();
  readonly #removed = new Set<string>();
  #count = 0;

  /** Acknowledgements so far. */
  get count(): number {
    return this.#count;
  }

  /** Takes a line of the writer. */
  take(line: string): void {
    const [what, token = ''] = line.split(' ');
    switch (what) {
      case 'created':
        this.#kept.set(token, 0);
        break;
      case 'changed':
        this.#kept.set(token, 1);
        break;
      case 'removing':
        this.#kept.delete(token);
        return;
      case 'removed':
        this.#removed.add(token);
        break;
      default:
        throw new Error(`The writer said: ${line}`);
    }
    this.#count++;
  }

  /** Returns acknowledged sessions that are missing or have lost a change, and removed ones that are back. */
  async wrongs(manager: SessionManager<{ visits: number }>): Promise<string[]> {
    const kept = [...this.#kept].map(async ([token, visits]) => {
      const found = await visitsOf(manager, token);
      if (found === undefined) {
        return ['a session is lost'];
      }
      return found < visits ? ['a change is lost'] : [];
    });
    const removed = [...this.#removed].map(async (token) =>
      (await visitsOf(manager, token)) === undefined ? [] : ['a removed session is back'],
    );
    return (await Promise.all([...kept, ...removed])).flat();
  }
}

async function visitsOf(
  manager: SessionManager<{ visits: number }>,
  token: string,
): Promise<number | undefined> {
  try {
    return (await manager.retrieveSession(token)).visits;
  } catch (error) {
    if (error instanceof SessionNotFoundError) {
      return undefined;
    }
    throw error;
  }
}

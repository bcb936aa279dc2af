import { partlyDone } from '../../../common/partly-done.js';
import type { OnEnded } from '../../../manager/session-store.js';

/**
 * Returns the sessions that a call of several statements ended. Also passes them to `onEnded` as soon as they have ended, so
 * that they are known even if a later statement fails.
 *
 * @param work gets the function to call with the sessions of each statement
 */
export async function collectEnded<Session>(
  onEnded: OnEnded<Session> | undefined,
  work: (add: OnEnded<Session>) => Promise<unknown>,
): Promise<Session[]> {
  const ended: Session[] = [];
  const add = (sessions: readonly Session[]) => {
    ended.push(...sessions);
    onEnded?.(sessions);
  };
  try {
    await work(add);
    return ended;
  } catch (error) {
    throw ended.length > 0 ? partlyDone(error) : error;
  }
}

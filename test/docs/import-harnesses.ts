import { resolve } from 'node:path';
import { expect, it } from '@jest/globals';
import { useCommandLine } from '../support/cli/command-line.js';
import type { Harness } from '../support/docs/harness.js';
import { legacyData, makeLegacyFile } from '../support/sessions/legacy-file.js';

interface MovedSnippet {
  readonly visit: (token: string) => Promise<unknown>;
  readonly close: () => Promise<void>;
}

const movedSessions: Harness = ({ load }) => {
  const commandLine = useCommandLine();

  it('the snippet continues the sessions of server-sessions after an import', async () => {
    const [old, moved] = [resolve('sessions-of-old.sqlite'), resolve('new-sessions.sqlite')];
    const [token, ended] = await makeLegacyFile(old, [
      { data: legacyData({ userId: 7 }) },
      { expire: 1 },
    ]);
    await commandLine.json(['import', old, '--to', moved, '--apply']);
    const { visit, close } = await load<MovedSnippet>();
    await expect(visit(token!)).resolves.toBe(1);
    await expect(visit(token!)).resolves.toBe(2);
    await expect(visit(ended!)).resolves.toBe('not found');
    await close();
  });
};

export const IMPORT_HARNESSES: Readonly<Record<string, Harness>> = {
  'moved-sessions': movedSessions,
};

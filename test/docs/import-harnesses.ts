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
    const [token, ended] = await makeLegacyFile('./sessions-of-old.sqlite', [
      { data: legacyData({ userId: 7 }) },
      { expire: 1 },
    ]);
    await commandLine.json([
      'import',
      './sessions-of-old.sqlite',
      '--to',
      './new-sessions.sqlite',
      '--apply',
    ]);
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

import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { failureText, withoutQuotedAddress, withoutUrlCredentials } from './failure.js';
import { importCommand } from './commands/import.command.js';
import { migrationCommand } from './commands/migration.command.js';
import { statsCommand } from './commands/stats.command.js';
import { sweepCommand } from './commands/sweep.command.js';

/** Ends with 0 where all went well, 1 where it failed, 2 for wrong usage, 130 where it was interrupted. */
async function main(): Promise<number> {
  const program = new Command('nestjs-server-sessions')
    .description('Looks after the session table of nestjs-server-sessions.')
    .version(version())
    .configureOutput({ outputError: (text, write) => write(withoutQuotedAddress(text)) })
    .exitOverride();
  for (const command of [statsCommand(), sweepCommand(), importCommand(), migrationCommand()]) {
    program.addCommand(command.copyInheritedSettings(program));
  }
  try {
    await program.parseAsync();
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) {
      return toExitCode(error);
    }
    process.stderr.write(`${withoutUrlCredentials(failureText(error))}\n`);
    return 1;
  }
}

/** Commander's own complaints are of wrong usage; `error()` names its code itself. */
function toExitCode({ code, exitCode }: CommanderError): number {
  return exitCode === 0 || code === 'commander.error' ? exitCode : 2;
}

function version(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

process.exitCode = await main();

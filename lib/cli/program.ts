import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { failureText, withoutQuotedAddress, withoutUrlCredentials } from './failure.js';
import { importCommand } from './commands/import.command.js';
import { migrationCommand } from './commands/migration.command.js';
import { reassignOwnersCommand } from './commands/reassign-owners.command.js';
import { statsCommand } from './commands/stats.command.js';
import { sweepCommand } from './commands/sweep.command.js';
import { listenForOutputErrors } from './terminal/output.js';

/**
 * Returns the exit code: 0 for success, 1 for a failure, 2 for wrong usage, 130 if it was interrupted, 141 if nobody reads
 * the output any more.
 */
async function main(): Promise<number> {
  listenForOutputErrors();
  const program = new Command('nestjs-server-sessions')
    .description('Manages the session table of nestjs-server-sessions.')
    .version(version())
    .configureOutput({ outputError: (text, write) => write(withoutQuotedAddress(text)) })
    .exitOverride();
  const commands = [
    statsCommand(),
    sweepCommand(),
    importCommand(),
    reassignOwnersCommand(),
    migrationCommand(),
  ];
  for (const command of commands) {
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

/** Returns 2 for Commander's own errors, which are wrong usage; `error()` sets its exit code itself. */
function toExitCode({ code, exitCode }: CommanderError): number {
  return exitCode === 0 || code === 'commander.error' ? exitCode : 2;
}

function version(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

process.exitCode = await main();

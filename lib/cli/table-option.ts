import { InvalidArgumentError, Option } from 'commander';
import { isTableName, TABLE_NAME_FORM } from '../store/store.options.js';

/** Returns the option `--table <name>`, which checks its value. */
export function tableOption(): Option {
  return new Option('--table <name>', 'the option `tableName` of the application')
    .default('server_sessions')
    .argParser((name: string) => {
      if (!isTableName(name)) {
        throw new InvalidArgumentError(`It must be ${TABLE_NAME_FORM}.`);
      }
      return name;
    });
}

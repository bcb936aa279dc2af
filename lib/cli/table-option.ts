import { InvalidArgumentError, Option } from 'commander';
import { isTableName, TABLE_NAME_FORM } from '../store/store.options.js';

/** `--table <name>`, checked. */
export function tableOption(): Option {
  return new Option('--table <name>', 'the option `tableName`')
    .default('server_sessions')
    .argParser((name: string) => {
      if (!isTableName(name)) {
        throw new InvalidArgumentError(`It must be ${TABLE_NAME_FORM}.`);
      }
      return name;
    });
}

import type { StandardSchemaV1 } from '@standard-schema/spec';
import { SessionDataError, SessionsConfigurationError } from '../common/session-error.js';

/** Checks session data, as JSON has it, by a schema of the application's (Standard Schema: zod, valibot, arktype, …). */
export class DataSchema {
  readonly #schema: StandardSchemaV1;

  constructor(schema: StandardSchemaV1) {
    this.#schema = schema;
  }

  /**
   * What the schema makes of the data.
   *
   * @param what the data is, for the message
   * @throws SessionDataError where it does not fit; the message names top-level properties, and nothing of their content
   */
  parse(what: string, data: unknown): unknown {
    const result = this.#schema['~standard'].validate(data);
    if (result instanceof Promise) {
      result.catch(() => {});
      throw new SessionsConfigurationError(
        'schema validates by a promise. Sessions are read on every request: give a schema that answers at once.',
      );
    }
    if (result.issues) {
      const places = [...new Set(result.issues.map(placeOf))].join(', ');
      throw new SessionDataError(
        `${what} does not fit the schema, in ${places}. ` +
          'The schema is given the data as JSON has it: a Date is a string there.',
      );
    }
    return result.value;
  }
}

/** Whether this is a schema at all. */
export function isSchema(value: unknown): value is StandardSchemaV1 {
  const { '~standard': standard } = (value ?? {}) as Partial<StandardSchemaV1>;
  return typeof standard?.validate === 'function';
}

/** Keys further down may be data themselves, as in a record by e-mail address. */
function placeOf({ path }: StandardSchemaV1.Issue): string {
  const [first] = path ?? [];
  const key = typeof first === 'object' ? first.key : first;
  return typeof key === 'string' && /^[A-Za-z_$][\w$]{0,63}$/.test(key) ? `"${key}"` : 'the whole';
}

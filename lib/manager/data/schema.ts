import type { StandardSchemaV1 } from '@standard-schema/spec';
import { isDroppedPromise } from '../../common/async/dropped-promise.js';
import { SessionDataError } from '../../common/session-error.js';
import { ownCopy, SharedObject } from './own-copy.js';
import { shownProperty } from './property-name.js';

/**
 * Checks session data, as read from JSON, by a schema of the application (Standard Schema: zod, valibot, arktype, …;
 * docs/adr/0010-a-schema-sees-json-and-answers-at-once.md).
 */
export class DataSchema {
  readonly #schema: StandardSchemaV1;
  readonly #warn: (warning: string) => void;
  #hasWarned = false;

  /** @param warn gets the first mistake of the schema itself */
  constructor(schema: StandardSchemaV1, warn: (warning: string) => void) {
    this.#schema = schema;
    this.#warn = warn;
  }

  /**
   * Returns the schema's output for the data, in objects that no other session has.
   *
   * @param what name of the data in the message
   * @throws SessionDataError if the data does not fit or the schema fails. The message names top-level properties. It
   * holds nothing of their content, and there is no cause, since the errors of schemas quote data
   */
  parse(what: string, data: unknown): unknown {
    let problem: string;
    try {
      const result = this.#schema['~standard'].validate(data);
      if (isDroppedPromise(result)) {
        problem = this.#mistake('returned a promise, as zod does if a transform throws');
      } else if (result.issues) {
        const places = [...new Set(result.issues.map((issue) => placeOf(firstKey(issue))))].join(
          ', ',
        );
        problem =
          `does not fit the schema, in ${places}. ` +
          'The schema gets the data as read from JSON, so a Date is a string there.';
      } else {
        return ownCopy(result.value);
      }
    } catch (error) {
      problem = this.#mistake(
        error instanceof SharedObject
          ? `returned an object in ${placeOf(error.property)} that another parse returned too, and that can't be copied`
          : 'threw an error or returned no result',
      );
    }
    throw new SessionDataError(`${what} ${problem}`);
  }

  /** Returns the problem with the schema itself, and warns of the first one. */
  #mistake(what: string): string {
    if (!this.#hasWarned) {
      this.#hasWarned = true;
      this.#warn(
        `The option \`schema\` ${what}. Sessions with such data can't be read or written. The schema must be synchronous, ` +
          'report invalid data as an issue, and make new objects for each parse.',
      );
    }
    return `can't be used, since the schema ${what}.`;
  }
}

/** Returns whether this is a schema at all. */
export function isSchema(value: unknown): value is StandardSchemaV1 {
  const { '~standard': standard } = (value ?? {}) as Partial<StandardSchemaV1>;
  return typeof standard?.validate === 'function';
}

function firstKey({ path }: StandardSchemaV1.Issue): PropertyKey | undefined {
  const [first] = path ?? [];
  return typeof first === 'object' ? first.key : first;
}

function placeOf(property: PropertyKey | undefined): string {
  return shownProperty(property) ?? 'the data as a whole';
}

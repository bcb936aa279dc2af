import { types } from 'node:util';

/** Thrown if the outputs of two parses share an object that can't be copied. */
export class SharedObject {
  /** @param property the top-level property that leads to it; `undefined` for the whole output */
  constructor(readonly property: PropertyKey | undefined) {}
}

/**
 * Returns a copy of a schema's output, so that a session shares no object with the schema (such as a default) or with
 * another session. Copies arrays, Date, Map, Set, RegExp, URL, and plain objects with their own enumerable properties.
 * Does not copy other objects.
 *
 * @throws SharedObject if an object that is not copied, or an object that its own properties lead to, was in the output of
 * an earlier parse
 */
export function ownCopy(output: unknown): unknown {
  return new Copying().copyOf(output, undefined);
}

/** All objects of all sessions that were not copied. */
const KEPT = new WeakSet<object>();

/** The top-level property to report if the whole output is a Map or Set. */
const ENTRY = 0;

/** Number of holes after which an array is copied by its keys, which takes longer for an array without holes. */
const MAX_HOLES = 100;

/** Returns whether a key of an array is an index and not a named property. */
const isIndex = (key: string): boolean => /^\d+$/.test(key);

type Properties = Record<PropertyKey, unknown>;

/** Copies one output. Its cycles and repeated references are the same in the copy. */
class Copying {
  readonly #copies = new Map<object, object>();
  readonly #kept = new Set<object>();

  copyOf(value: unknown, property: PropertyKey | undefined): unknown {
    if (typeof value === 'function') {
      this.#keep(value, property);
      return value;
    }
    if (typeof value !== 'object' || value === null || this.#kept.has(value)) {
      return value;
    }
    return this.#copies.get(value) ?? this.#copyOfObject(value, property);
  }

  #copyOfObject(value: object, property: PropertyKey | undefined): object {
    switch (Object.getPrototypeOf(value)) {
      case Object.prototype:
        return this.#withCopies({ ...value }, value, property);
      case null:
        return this.#withCopies({ __proto__: null, ...value }, value, property);
      case Array.prototype: {
        return this.#copyOfArray(value as unknown[], property);
      }
      case Map.prototype: {
        const copy = this.#noted(new Map<unknown, unknown>(), value);
        for (const [key, content] of value as Map<unknown, unknown>) {
          copy.set(this.copyOf(key, property ?? ENTRY), this.copyOf(content, property ?? ENTRY));
        }
        return copy;
      }
      case Set.prototype: {
        const copy = this.#noted(new Set<unknown>(), value);
        for (const content of value as Set<unknown>) {
          copy.add(this.copyOf(content, property ?? ENTRY));
        }
        return copy;
      }
      case Date.prototype:
        return this.#noted(new Date((value as Date).getTime()), value);
      case RegExp.prototype:
        return this.#noted(new RegExp(value as RegExp), value);
      case URL.prototype:
        return this.#noted(new URL((value as URL).href), value);
      default:
        this.#keepAll(value, property);
        return value;
    }
  }

  /** Copies an array. A sparse one is copied by its keys, since it can have many millions of indexes without a value. */
  #copyOfArray(array: unknown[], property: PropertyKey | undefined): unknown[] {
    const copy: unknown[] = this.#noted([], array);
    let at = 0;
    for (let holes = 0; at < array.length && holes < MAX_HOLES; at++) {
      if (at in array) {
        copy[at] = this.copyOf(array[at], property ?? at);
      } else {
        holes++;
      }
    }
    if (at < array.length) {
      for (const index of Object.keys(array).filter(isIndex).map(Number)) {
        copy[index] = this.copyOf(array[index], property ?? index);
      }
    }
    copy.length = array.length;
    return copy;
  }

  #noted<Copy extends object>(copy: Copy, original: object): Copy {
    this.#copies.set(original, copy);
    return copy;
  }

  /** Replaces the objects that a shallow copy still shares with its original. */
  #withCopies(copy: object, original: object, property: PropertyKey | undefined): object {
    const properties = this.#noted(copy, original) as Properties;
    // Strings and symbols one after the other: Reflect.ownKeys() takes longer than the whole copy.
    for (const key of [...Object.keys(properties), ...Object.getOwnPropertySymbols(properties)]) {
      const value = properties[key];
      if (typeof value === 'object' || typeof value === 'function') {
        properties[key] = this.copyOf(value, property ?? key);
      }
    }
    return properties;
  }

  /**
   * Keeps an object with all objects that its own properties lead to, except functions, which are its methods and not
   * data.
   */
  #keepAll(value: unknown, property: PropertyKey | undefined): void {
    if (typeof value !== 'object' || value === null || this.#kept.has(value)) {
      return;
    }
    this.#keep(value, property);
    for (const key of Reflect.ownKeys(value)) {
      this.#keepAll((value as Properties)[key], property ?? key);
    }
    if (types.isMap(value) || types.isSet(value)) {
      for (const content of value) {
        this.#keepAll(content, property ?? ENTRY);
      }
    }
  }

  #keep(value: object, property: PropertyKey | undefined): void {
    if (this.#kept.has(value)) {
      return;
    }
    if (KEPT.has(value)) {
      throw new SharedObject(property);
    }
    KEPT.add(value);
    this.#kept.add(value);
  }
}

import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';

/**
 * The prototype of objects that Node makes, such as the headers of a request. To Node itself it is `Object.prototype`. Jest
 * runs tests in a context of their own, which has another.
 */
const NODE_PROTOTYPE = Object.getPrototypeOf(new IncomingMessage(new Socket()).headers) as object;

/** Runs `work` while every object inherits these properties, as after a prototype pollution. */
export function whilePolluted<Result>(
  properties: Readonly<Record<string, unknown>>,
  work: () => Promise<Result>,
): Promise<Result> {
  return pollute([Object.prototype], properties, work);
}

/** The same, also for the objects that Node makes. Only for properties that Node itself can bear. */
export function whileNodeIsPolluted<Result>(
  properties: Readonly<Record<string, unknown>>,
  work: () => Promise<Result>,
): Promise<Result> {
  return pollute([Object.prototype, NODE_PROTOTYPE], properties, work);
}

async function pollute<Result>(
  prototypes: readonly object[],
  properties: Readonly<Record<string, unknown>>,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    prototypes.forEach((prototype) => Object.assign(prototype, properties));
    return await work();
  } finally {
    for (const prototype of prototypes) {
      Object.keys(properties).forEach((name) => Reflect.deleteProperty(prototype, name));
    }
  }
}

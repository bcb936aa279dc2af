/** Runs `work` while every object inherits these properties, as after a prototype pollution. */
export async function whilePolluted<Result>(
  properties: Readonly<Record<string, unknown>>,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    Object.assign(Object.prototype, properties);
    return await work();
  } finally {
    for (const name of Object.keys(properties)) {
      Reflect.deleteProperty(Object.prototype, name);
    }
  }
}

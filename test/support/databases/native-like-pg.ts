import pg from 'pg';

/** Sends a statement by the protocol for a single one wherever there is an array of values, even an empty one. */
class NativeLike extends pg.Client {
  override query(text: any, values?: any, done?: any): any {
    return Array.isArray(values)
      ? super.query({ text, values, queryMode: 'extended' } as pg.QueryConfig, done)
      : super.query(text, values, done);
  }
}

/**
 * Returns `pg` with clients like those of `pg-native`, which needs a compiler: they have no socket that others can use, and
 * the protocol of a statement depends on whether there are values.
 */
export function nativeLikePg(): object {
  const Client = function (options: pg.ClientConfig) {
    return new Proxy(new NativeLike(options), {
      get: (client, key) => {
        const value: unknown = key === 'connection' ? undefined : Reflect.get(client, key, client);
        return typeof value === 'function' ? value.bind(client) : value;
      },
      set: (client, key, value) => Reflect.set(client, key, value, client),
    });
  };
  return { ...pg, native: { ...pg, Client } };
}

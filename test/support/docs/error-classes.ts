import * as library from 'nestjs-server-sessions';

export type ErrorClass = new (message: string) => library.SessionError;

/** The errors that the package exports, except their base. */
export function errorClasses(): ErrorClass[] {
  return Object.values<unknown>(library).filter(isErrorClass);
}

function isErrorClass(exported: unknown): exported is ErrorClass {
  return typeof exported === 'function' && exported.prototype instanceof library.SessionError;
}

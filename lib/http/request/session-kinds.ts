import { moduleOfKind } from '../../common/kind.js';
import { SessionsConfigurationError } from '../../common/session-error.js';
import type { RequestSessions } from './request-sessions.js';

/**
 * The property of the Express application or the Fastify server in which a request finds its sessions
 * (docs/adr/0002-a-request-finds-its-module.md).
 */
const REGISTRY = Symbol.for('nestjs-server-sessions');

/** An Express application or a Fastify server. */
interface Registering {
  [REGISTRY]?: SessionKinds;
}

/** The sessions of one HTTP application, by their kind. */
export class SessionKinds {
  readonly #byKind = new Map<string, RequestSessions>();

  /** Returns the kinds of sessions of an Express application or a Fastify server. */
  static of(instance: object | undefined): SessionKinds | undefined {
    const kinds = (instance as Registering | undefined)?.[REGISTRY];
    if (kinds && !(kinds instanceof SessionKinds)) {
      throw new SessionsConfigurationError(
        'Two copies of nestjs-server-sessions are loaded, and this application uses both. Neither can use the sessions ' +
          'of the other. `npm ls nestjs-server-sessions` shows them. Use one copy, for example through a peer ' +
          'dependency.',
      );
    }
    return kinds;
  }

  /** Returns the kinds of a server. The first call registers an empty list of kinds. */
  static openFor(instance: object): SessionKinds {
    return (SessionKinds.of(instance) ??
      ((instance as Registering)[REGISTRY] = new SessionKinds()))!;
  }

  /** Removes all kinds of a server, so that its requests have no session. */
  static closeFor(instance: object): void {
    delete (instance as Registering)[REGISTRY];
  }

  /** The sessions of all kinds. */
  get all(): readonly RequestSessions[] {
    return [...this.#byKind.values()];
  }

  /** Returns the sessions of one kind. */
  get(kind: string): RequestSessions | undefined {
    return this.#byKind.get(kind);
  }

  /**
   * Adds the sessions of a kind. They replace those of an application on the same server that was closed or that never came
   * up.
   *
   * @throws SessionsConfigurationError if another module already serves these requests
   */
  add(sessions: RequestSessions): void {
    for (const other of this.all) {
      const isOfSameApplication = other.application === sessions.application;
      if (isOfSameApplication ? other.kind === sessions.kind : other.isLive) {
        throw configuredTwice(sessions.kind);
      }
      if (!isOfSameApplication) {
        this.#byKind.delete(other.kind);
      }
    }
    this.#byKind.set(sessions.kind, sessions);
  }
}

/** @param kind the kind of sessions that two modules provide */
export function configuredTwice(kind: string): SessionsConfigurationError {
  return new SessionsConfigurationError(
    `${moduleOfKind(kind)} is configured twice in one application, or in two applications on the same server. Call forRoot() ` +
      'only once, in the root module: its providers are global. If you start several applications, give each its own ' +
      'HTTP server.',
  );
}

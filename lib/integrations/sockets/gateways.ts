import { APP_GUARD, type ModulesContainer } from '@nestjs/core';
import { kindOfGuard } from '../../http/guard/guard-kind.js';
import { requiresSession } from '../../http/guard/route-policy.js';

/** Nest's metadata key of gateways, its `GATEWAY_METADATA`. */
const IS_GATEWAY = 'websockets:is_gateway';

/** A class of gateways. */
export interface GatewayClass {
  readonly name: string;
  readonly prototype: { readonly afterInit?: (this: unknown, ...args: unknown[]) => unknown };
}

/** Gets a gateway's server, before it accepts a connection. */
export type OnServer = (server: object, gateway: GatewayClass) => void;

/** The applications whose gateways are found by their instance. */
const applications = new Set<WeakRef<Gateways>>();

/** Classes whose `afterInit` is wrapped. It stays so, since several applications can have the same class. */
const wrapped = new WeakSet<object>();

/**
 * The gateways of one application. Nest makes their servers before it calls any hook of a module, but calls `afterInit` of a
 * gateway at once. So this wraps `afterInit` of each gateway's class.
 */
export class Gateways {
  readonly #modules: ModulesContainer;
  readonly #onServer: OnServer;

  constructor(modules: ModulesContainer, onServer: OnServer) {
    this.#modules = modules;
    this.#onServer = onServer;
    applications.add(new WeakRef(this));
    for (const { metatype } of this.#wrappers()) {
      wrap(metatype as unknown as GatewayClass);
    }
  }

  /** The gateways whose `afterInit` is a property of the instance, which hides the wrapped one. */
  get hiding(): string[] {
    return [...this.#wrappers()]
      .filter(({ instance }) => Object.hasOwn(Object(instance), 'afterInit'))
      .map(({ metatype }) => (metatype as unknown as GatewayClass).name);
  }

  /** Returns whether a gateway requires a session of this kind for all its handlers. */
  requiresSession(gateway: GatewayClass, kind: string): boolean {
    return requiresSession(gateway, kind, this.#isGuarded(kind));
  }

  /** Calls back if the instance is a gateway of this application. */
  report(instance: unknown, server: object): void {
    const found = [...this.#wrappers()].find((wrapper) => wrapper.instance === instance);
    if (found) {
      this.#onServer(server, found.metatype as unknown as GatewayClass);
    }
  }

  /** Returns whether the application has the guard of this kind as `APP_GUARD`. */
  #isGuarded(kind: string): boolean {
    return [...this.#modules.values()]
      .flatMap(({ providers, injectables }) => [...providers.values(), ...injectables.values()])
      .filter(({ token }) => typeof token === 'string' && token.startsWith(APP_GUARD))
      .some(({ instance, metatype }) => (kindOfGuard(instance) ?? kindOfGuard(metatype)) === kind);
  }

  *#wrappers() {
    for (const { providers } of this.#modules.values()) {
      for (const wrapper of providers.values()) {
        const { metatype } = wrapper;
        if (typeof metatype === 'function' && Reflect.hasMetadata(IS_GATEWAY, metatype)) {
          yield wrapper;
        }
      }
    }
  }
}

function wrap({ prototype }: GatewayClass): void {
  if (wrapped.has(prototype)) {
    return;
  }
  wrapped.add(prototype);
  const { afterInit } = prototype;
  const wrapper = function (this: unknown, ...args: unknown[]): unknown {
    reportServer(this, args[0] as object);
    return afterInit?.apply(this, args);
  };
  Object.defineProperty(prototype, 'afterInit', {
    value: wrapper,
    configurable: true,
    writable: true,
  });
}

function reportServer(instance: unknown, server: object): void {
  for (const reference of applications) {
    const application = reference.deref();
    if (!application) {
      applications.delete(reference);
    } else {
      application.report(instance, server);
    }
  }
}

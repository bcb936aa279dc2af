import type { IncomingMessage } from 'node:http';
import type { OnModuleInit } from '@nestjs/common';
import type { ApplicationConfig, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { SessionsConfigurationError } from '../../common/session-error.js';
import {
  guardUpgradedSockets,
  type UpgradingServer,
} from '../../http/connection/upgraded-sockets.js';
import type { ResolvedCsrfOptions } from '../../http/transport/cross-origin.js';
import { Gateways, type GatewayClass } from './gateways.js';
import { Handshakes } from './handshakes.js';
import { guardEngine, guardNamespace, type SocketIoServer } from './socket-io-server.js';
import { guardUpgrades, type WebSocketServer } from './web-socket-server.js';
import type { ToWsException } from './ws-exception.js';

/** Servers that are guarded, by any application. */
const guarded = new WeakSet<object>();

/** The part of a `WsAdapter` that is used. */
interface WsAdapter {
  /** By port, the HTTP servers whose upgrades it handles itself. */
  readonly httpServersRegistry?: ReadonlyMap<unknown, UpgradingServer>;
}

/** Guards the servers of an application's gateways. */
export class SessionSockets implements OnModuleInit {
  readonly #config: ApplicationConfig;
  readonly #toException: ToWsException;
  readonly #gateways: Gateways;
  readonly #handshakes: Handshakes;
  /** The gateways of each server: those with the same port, path and namespace share one. */
  readonly #servers = new Map<object, Set<GatewayClass>>();
  /** Why the application must not start. */
  readonly #problems: string[] = [];

  constructor(
    modules: ModulesContainer,
    adapterHost: HttpAdapterHost,
    config: ApplicationConfig,
    csrf: ResolvedCsrfOptions | false | undefined,
    toException: ToWsException,
  ) {
    this.#config = config;
    this.#toException = toException;
    this.#handshakes = new Handshakes(() => adapterHost.httpAdapter?.getInstance(), csrf);
    this.#gateways = new Gateways(modules, (server, gateway) => this.#guard(server, gateway));
  }

  /** @throws SessionsConfigurationError if a gateway would accept connections unchecked */
  onModuleInit(): void {
    const [problem] = [
      ...this.#problems,
      ...this.#gateways.hiding.map(
        (name) =>
          `${name}.afterInit is a property, so its server would accept connections unchecked. Make it a method.`,
      ),
    ];
    if (problem !== undefined) {
      throw new SessionsConfigurationError(
        `SessionSocketsModule can't guard the gateways: ${problem}`,
      );
    }
  }

  #guard(server: object, gateway: GatewayClass): void {
    const known = this.#servers.get(server);
    if (known) {
      known.add(gateway);
      return;
    }
    if (guarded.has(server)) {
      this.#problems.push(
        'two SessionSocketsModules guard the same server. Import the module once, or always with the same options.',
      );
      return;
    }
    guarded.add(server);
    const gateways = new Set([gateway]);
    this.#servers.set(server, gateways);
    const verify = (request: IncomingMessage, token?: string) =>
      this.#handshakes.verify(request, (kind) => this.#requires(gateways, kind), token);
    if ('handleUpgrade' in server) {
      guardUpgrades(server as WebSocketServer, verify, this.#toException);
      const { httpServersRegistry = new Map() } = this.#config.getIoAdapter() as WsAdapter;
      httpServersRegistry.forEach((httpServer) => guardUpgradedSockets(httpServer));
    } else if ('use' in server) {
      guardNamespace(server as SocketIoServer, verify, this.#toException);
      this.#guardEngine(server as SocketIoServer);
    } else {
      this.#problems.push(
        `the adapter of ${gateway.name} is neither that of Socket.IO nor that of ws. Use IoAdapter or WsAdapter.`,
      );
    }
  }

  #guardEngine(namespace: SocketIoServer): void {
    const { engine, httpServer, opts } = namespace.server ?? namespace;
    if (httpServer) {
      guardUpgradedSockets(httpServer);
    }
    if (engine) {
      guardEngine(engine, (request) => this.#handshakes.requireAllowedOrigin(request));
    }
    if (opts?.connectionStateRecovery) {
      this.#problems.push(
        'connectionStateRecovery of Socket.IO joins rooms and sends missed messages before a session is checked. Remove the ' +
          'option.',
      );
    }
  }

  /** If one gateway of a server requires no session, the server accepts every client, and the guards refuse messages. */
  #requires(gateways: ReadonlySet<GatewayClass>, kind: string): boolean {
    return [...gateways].every((gateway) => this.#gateways.requiresSession(gateway, kind));
  }
}

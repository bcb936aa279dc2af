import type { INestApplicationContext } from '@nestjs/common';
import { SAFE_METHODS } from '../../http/transport/cross-origin.js';
import type { SessionHttpCode } from '../../http/errors/session-http.exception.js';
import type { ResolvedSessionsOptions } from '../../sessions.options.js';
import { optionsOf } from '../module-providers.js';
import { EXTENSION } from './api-session.decorator.js';
import { referencesTo, sharedResponses, type Responses } from './responses.js';
import { requirements, securitySchemes, type SecurityRequirement } from './security-schemes.js';
import { COMMON_CODES, USES, type SessionUse } from './session-use.js';

/**
 * The part of an OpenAPI document that is used.
 *
 * @publicApi
 */
export interface OpenApiDocument {
  /** The operations, by path and method. */
  readonly paths: object;
  /** What operations share. */
  components?: object;
}

/** An operation of the document, with the mark of `@ApiSession()`. */
interface Operation {
  [EXTENSION]?: { readonly uses: readonly SessionUse[] };
  security?: readonly SecurityRequirement[];
  responses?: Responses;
}

interface Components {
  securitySchemes?: object;
  responses?: object;
}

/**
 * Completes an OpenAPI document: it registers how a client sends its session, with the name of the application's cookie,
 * and fills in the responses of all operations with `@ApiSession()`. It follows the options of the module: only transports
 * that are on, a 403 only with `csrf`, a 429 only if `onSessionLimit` is `'reject'`.
 *
 * @param app the application that the document is of
 * @param document what `SwaggerModule.createDocument()` returns; it is changed
 * @returns the same document
 * @throws SessionsConfigurationError if the application does not import `SessionsModule`
 * @example
 * ```ts
 * const config = new DocumentBuilder().setTitle('Shop').build();
 * SwaggerModule.setup('docs', app, () => documentSessions(app, SwaggerModule.createDocument(app, config)));
 * ```
 * @publicApi
 */
export function documentSessions<Document extends OpenApiDocument>(
  app: INestApplicationContext,
  document: Document,
): Document {
  const options = optionsOf(app);
  const schemes = securitySchemes(options.http);
  const used = new Set<SessionHttpCode>();
  for (const path of Object.values(document.paths)) {
    for (const [method, operation] of Object.entries(path as Record<string, Operation>)) {
      const uses = operation?.[EXTENSION]?.uses;
      if (uses) {
        delete operation[EXTENSION];
        const codes = codesOf(uses, method, options);
        codes.forEach((code) => used.add(code));
        complete(operation, uses, codes, Object.keys(schemes));
      }
    }
  }
  const components = (document.components ?? {}) as Components;
  document.components = {
    ...components,
    securitySchemes: { ...components.securitySchemes, ...schemes },
    responses: { ...components.responses, ...sharedResponses([...used]) },
  };
  return document;
}

/** Returns the codes that an operation can respond with under these options. */
function codesOf(
  uses: readonly SessionUse[],
  method: string,
  { http, manager }: ResolvedSessionsOptions,
): SessionHttpCode[] {
  const codes = new Set([...uses.flatMap((use) => USES[use].codes), ...COMMON_CODES]);
  if (!http.cookie || !http.csrf || SAFE_METHODS.has(method.toUpperCase())) {
    codes.delete('SESSION_CROSS_ORIGIN');
  }
  if (manager.sessionLimit?.evictOldest !== false) {
    codes.delete('SESSION_LIMIT');
  }
  return [...codes];
}

/** Adds the ways to authenticate and the responses. Those that the handler documents itself stay. */
function complete(
  operation: Operation,
  uses: readonly SessionUse[],
  codes: readonly SessionHttpCode[],
  schemes: readonly string[],
): void {
  operation.security = requirements(operation.security ?? [], schemes, sessionOf(uses));
  operation.responses = { ...referencesTo(codes), ...operation.responses };
}

/** A handler with several uses needs a session if one of them does. */
function sessionOf(uses: readonly SessionUse[]): 'required' | 'optional' | 'none' {
  const all = uses.map((use) => USES[use].session);
  return (['required', 'optional', 'none'] as const).find((each) => all.includes(each))!;
}

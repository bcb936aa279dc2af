import type { INestApplicationContext } from '@nestjs/common';
import { SAFE_METHODS } from '../../http/transport/cross-origin.js';
import type { SessionHttpCode } from '../../http/errors/session-http.exception.js';
import type { ResolvedSessionsOptions } from '../../sessions.options.js';
import { DEFAULT_KIND } from '../../common/kind.js';
import { hasSessions, optionsOf } from '../module-providers.js';
import { EXTENSION, type KindUses } from './api-session.decorator.js';
import { referencesTo, sharedResponses, type Responses } from './responses.js';
import {
  requirements,
  securitySchemes,
  type KindSecurity,
  type SecurityRequirement,
} from './security-schemes.js';
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

/** An operation of the document, with the marks of `@ApiSession()`. */
interface Operation {
  [extension: `${typeof EXTENSION}${string}`]: KindUses;
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
 * @param app the application that the document describes
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
  const kinds = new Map<string, DocumentedKind>();
  const kindOf = (kind: string): DocumentedKind => {
    const known = kinds.get(kind) ?? documentedKind(app, kind);
    kinds.set(kind, known);
    return known;
  };
  const used = new Set<SessionHttpCode>();
  for (const path of Object.values(document.paths)) {
    for (const [method, operation] of Object.entries(path as Record<string, Operation>)) {
      const marks = takeMarks(operation);
      const codes = new Set(
        marks.flatMap(({ kind, uses }) => codesOf(uses, method, kindOf(kind).options)),
      );
      codes.forEach((code) => used.add(code));
      if (marks.length > 0) {
        const securities = marks.map(({ kind, uses }) => ({
          schemes: Object.keys(kindOf(kind).schemes),
          session: sessionOf(uses),
        }));
        complete(operation, securities, [...codes]);
      }
    }
  }
  if (kinds.size === 0 || hasSessions(app, DEFAULT_KIND)) {
    kindOf(DEFAULT_KIND);
  }
  const schemes = Object.assign({}, ...[...kinds.values()].map((kind) => kind.schemes)) as object;
  const components = (document.components ?? {}) as Components;
  document.components = {
    ...components,
    securitySchemes: { ...components.securitySchemes, ...schemes },
    responses: { ...components.responses, ...sharedResponses([...used]) },
  };
  return document;
}

/** The sessions of a kind, as a document shows them. */
interface DocumentedKind {
  readonly options: ResolvedSessionsOptions;
  /** The security schemes, by their names in the document. */
  readonly schemes: Record<string, object>;
}

function documentedKind(app: INestApplicationContext, kind: string): DocumentedKind {
  const options = optionsOf(app, kind);
  return { options, schemes: securitySchemes(options.http, kind) };
}

/** Returns the uses of all kinds, and removes them from the operation. */
function takeMarks(operation: Operation): KindUses[] {
  const keys = Object.keys(operation ?? {}).filter((key) => key.startsWith(EXTENSION));
  return keys.map((key) => {
    const mark = operation[key as typeof EXTENSION]!;
    delete operation[key as typeof EXTENSION];
    return mark;
  });
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
  securities: readonly KindSecurity[],
  codes: readonly SessionHttpCode[],
): void {
  operation.security = requirements(operation.security ?? [], securities);
  operation.responses = { ...referencesTo(codes), ...operation.responses };
}

/** A handler with several uses needs a session if one of them does. */
function sessionOf(uses: readonly SessionUse[]): KindSecurity['session'] {
  const all = uses.map((use) => USES[use].session);
  return (['required', 'optional', 'none'] as const).find((each) => all.includes(each))!;
}

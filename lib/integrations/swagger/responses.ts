import { STATUS_CODES } from 'node:http';
import {
  SESSION_RESPONSES,
  type SessionHttpCode,
} from '../../http/errors/session-http.exception.js';

/** The responses of an operation, by status. */
export type Responses = Record<string, object>;

const HEADERS: Readonly<Partial<Record<number, object>>> = {
  401: {
    'WWW-Authenticate': {
      description: 'The scheme of the bearer token (RFC 6750).',
      schema: { type: 'string' },
    },
  },
  503: {
    'Retry-After': {
      description: 'Seconds to wait before a retry. Sent only if the failure is temporary.',
      schema: { type: 'integer' },
    },
  },
};

/** Returns references to the shared responses of these codes, by status. */
export function referencesTo(codes: readonly SessionHttpCode[]): Responses {
  return Object.fromEntries(
    statusesOf(codes).map((status) => [
      status,
      { $ref: `#/components/responses/${nameOf(status)}` },
    ]),
  );
}

/** Returns the responses that the operations of a document share, by name: one for each status of these codes. */
export function sharedResponses(codes: readonly SessionHttpCode[]): Responses {
  return Object.fromEntries(
    statusesOf(codes).map((status) => [nameOf(status), responseOf(status)]),
  );
}

const statusesOf = (codes: readonly SessionHttpCode[]): number[] => [
  ...new Set(codes.map((code) => SESSION_RESPONSES[code][0])),
];

/** Such as `SessionUnauthorized`. */
const nameOf = (status: number) => `Session${STATUS_CODES[status]!.replaceAll(' ', '')}`;

/** Returns the response of a status, with all codes that it can have. */
function responseOf(status: number): object {
  const all = Object.entries(SESSION_RESPONSES).filter(
    // For this code, a request with a bearer token gets a 401, and one with a cookie a 403.
    ([code, [each]]) => each === status || (code === 'SESSION_NOT_FRESH' && status === 401),
  );
  const headers = HEADERS[status];
  const properties = {
    statusCode: { type: 'integer', enum: [status] },
    error: { type: 'string', enum: [STATUS_CODES[status]] },
    message: { type: 'string' },
    code: { type: 'string', enum: all.map(([code]) => code) },
  };
  const schema = { type: 'object', required: Object.keys(properties), properties };
  return {
    description: all.map(([, [, text]]) => text).join(' Or: '),
    ...(headers && { headers }),
    content: { 'application/json': { schema } },
  };
}

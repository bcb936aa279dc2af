/** The function that express-session puts on its store: gives a request a new session. */
export type Generate = (request: any) => void;

/** The parts of express-session's own classes that make a session of loaded data. */
interface ExpressClasses {
  readonly Session: new (request: any, data: object) => any;
  readonly cookiePrototype: object;
}

/**
 * Makes sessions of express-session from loaded data, as the `Store` of that library does. It takes the classes from a
 * session that express-session generates, so that this package needs no express-session, which applications on Fastify do
 * not have.
 */
export class ExpressSessions {
  #classes: ExpressClasses | undefined;

  /** Puts a session with this data onto the request. */
  put(request: any, data: any, generate: Generate): any {
    const { Session, cookiePrototype } = (this.#classes ??= classesOf(request, generate));
    const { expires, originalMaxAge } = data.cookie;
    const cookie = Object.assign(Object.create(cookiePrototype), data.cookie);
    // In this order, since the setter of `expires` sets `originalMaxAge` too.
    cookie.expires = typeof expires === 'string' ? new Date(expires) : expires;
    cookie.originalMaxAge = originalMaxAge;
    request.session = new Session(request, { ...data, cookie });
    return request.session;
  }
}

/** Lets express-session generate a session for an object that only looks like the request. */
function classesOf(request: any, generate: Generate): ExpressClasses {
  const standIn = Object.create(request);
  generate(standIn);
  return {
    Session: standIn.session.constructor,
    cookiePrototype: Object.getPrototypeOf(standIn.session.cookie),
  };
}

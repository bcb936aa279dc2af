/** An error as a driver sends it (GraphQL specification, section 7.1.2). */
export interface FormattedError {
  readonly message: string;
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** The hook of Apollo that changes an error before it is sent. `error` is that of `graphql`, around what a resolver threw. */
export type FormatError = (formatted: FormattedError, error: unknown) => FormattedError;

/** The options of the drivers that are used. Each driver ignores those of the other. */
export interface DriverOptions {
  /** Apollo. */
  readonly formatError?: FormatError;
  /** Apollo: `false` lets errors of resolvers decide the HTTP status. */
  readonly preserveHttpStatusForExecutionErrors?: boolean;
  /** Apollo. */
  readonly plugins?: readonly object[];
}

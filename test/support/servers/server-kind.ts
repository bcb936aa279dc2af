/** How a kind of database server is set up and started. */
export interface ServerKind {
  readonly name: string;
  /** The user of its process if root runs the tests. */
  readonly user: string;
  /** The program that must be installed; `undefined` if it is not. */
  readonly program: string | undefined;
  /** The command that creates an empty database cluster in a folder. */
  install(folder: string): readonly [string, ...string[]];
  /** The arguments with which it serves that folder. */
  argumentsFor(folder: string, port: number): readonly string[];
  /** The address of the server. */
  url(port: number): string;
}

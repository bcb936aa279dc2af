/** How a kind of database server is set up and started. */
export interface ServerKind {
  readonly name: string;
  /** What its process is run as, where the tests are run by root. */
  readonly user: string;
  /** The program that has to be installed; `undefined` where it is not. */
  readonly program: string | undefined;
  /** A command that makes an empty database cluster in a folder. */
  install(folder: string): readonly [string, ...string[]];
  /** The arguments with which it serves that folder. */
  argumentsFor(folder: string, port: number): readonly string[];
  /** Where it is reached. */
  url(port: number): string;
}

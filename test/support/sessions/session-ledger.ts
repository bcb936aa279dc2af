/** What a test knows of the sessions that its clients were given. */
export class SessionLedger {
  /** The newest token and the user of each session. */
  readonly #sessions = new Map<string, { readonly user: string; readonly token: string }>();
  readonly #tokens: string[] = [];
  readonly #ended = new Set<string>();

  /** Notes a token that a response contained. */
  add(token: string, user: string): void {
    this.#sessions.set(idOf(token), { user, token });
    this.#tokens.push(token);
  }

  userOf(id: string): string | undefined {
    return this.#sessions.get(id)?.user;
  }

  /** Returns the ids of those sessions whose newest token is among these. */
  openedBy(tokens: readonly string[]): string[] {
    return tokens.map(idOf).filter((id) => tokens.includes(this.#sessions.get(id)?.token ?? ''));
  }

  /** Notes that a logout or a login has ended these sessions. */
  end(ids: readonly string[]): void {
    ids.forEach((id) => this.#ended.add(id));
  }

  get ended(): ReadonlySet<string> {
    return new Set(this.#ended);
  }

  /** All tokens that sessions had which have ended. */
  get endedTokens(): string[] {
    return this.#tokens.filter((token) => this.#ended.has(idOf(token)));
  }
}

const idOf = (token: string) => token.split('.')[0]!;

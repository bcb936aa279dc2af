/** The data of a session. */
export interface MemberSession {
  /** In a real application: the key of the user's row. */
  readonly userId: string;
}

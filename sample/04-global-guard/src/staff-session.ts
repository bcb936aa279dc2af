export type Role = 'editor' | 'admin';

/** The session data of a member of staff. */
export interface StaffSession {
  userId: string;
  roles: Role[];
}

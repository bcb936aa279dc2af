export type Role = 'editor' | 'admin';

/** What the server keeps of a member of staff. */
export interface StaffSession {
  userId: string;
  roles: Role[];
}

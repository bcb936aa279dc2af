/** The session data of a device that is signed in. */
export interface DeviceSession {
  userId: string;
}

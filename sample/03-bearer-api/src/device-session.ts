/** What the server keeps of a device that is signed in. */
export interface DeviceSession {
  userId: string;
}

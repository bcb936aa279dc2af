import { Controller, Sse, type MessageEvent } from '@nestjs/common';
import { map, type Observable } from 'rxjs';
import { Room } from './room.js';

@Controller()
export class PresenceController {
  constructor(private readonly room: Room) {}

  /** The stream has no end: SessionStreamInterceptor ends it with the session. */
  @Sse('presence')
  presence(): Observable<MessageEvent> {
    return this.room.present$.pipe(map((present) => ({ data: { present } })));
  }
}

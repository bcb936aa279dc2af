import { Injectable, type OnModuleInit } from '@nestjs/common';
import { SessionManager } from 'nestjs-server-sessions';
import { observeLiveSessions } from 'nestjs-server-sessions/opentelemetry';

/** Adds the metric `server_sessions.live`. With several processes, let one of them do this. */
@Injectable()
export class LiveSessions implements OnModuleInit {
  constructor(private readonly sessions: SessionManager) {}

  onModuleInit(): void {
    observeLiveSessions(this.sessions);
  }
}

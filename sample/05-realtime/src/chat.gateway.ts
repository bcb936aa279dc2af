import {
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  WebSocketServer,
  type OnGatewayConnection,
  type OnGatewayDisconnect,
} from '@nestjs/websockets';
import { Session } from 'nestjs-server-sessions';
import type { Server } from 'socket.io';
import { Room } from './room.js';

const MAX_LENGTH = 500;

@WebSocketGateway()
export class ChatGateway implements OnGatewayConnection, OnGatewayDisconnect {
  @WebSocketServer()
  private readonly server!: Server;

  constructor(private readonly room: Room) {}

  /** Runs only for clients with a session. */
  handleConnection(): void {
    this.room.enter();
  }

  handleDisconnect(): void {
    this.room.leave();
  }

  @SubscribeMessage('say')
  say(@MessageBody() text: unknown, @Session('userId') author: string): void {
    this.server.emit('said', { author, text: String(text).slice(0, MAX_LENGTH) });
  }
}

import { Injectable } from '@nestjs/common';
import { BehaviorSubject } from 'rxjs';

/** The room in which all members chat. With several processes, share it by Redis or the database. */
@Injectable()
export class Room {
  /** How many sockets are open, now and after each change. */
  readonly present$ = new BehaviorSubject(0);

  enter(): void {
    this.present$.next(this.present$.value + 1);
  }

  leave(): void {
    this.present$.next(this.present$.value - 1);
  }
}

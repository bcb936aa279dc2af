import { EventEmitter, on } from 'node:events';
import { Args, Mutation, Query, Resolver, Subscription } from '@nestjs/graphql';
import { Session } from 'nestjs-server-sessions';

/** The notes of all members. In a real application they are in the database. */
const notes = new Map<string, string[]>();

/** Emits the new notes of a member, by an event for each member. With several processes, use Redis or the database for this. */
const added = new EventEmitter();

/** The global guard requires a session for all of them. */
@Resolver()
export class NotesResolver {
  @Query(() => [String])
  notes(@Session('userId') userId: string): string[] {
    return notes.get(userId) ?? [];
  }

  @Mutation(() => [String])
  addNote(@Args('text') text: string, @Session('userId') userId: string): string[] {
    notes.set(userId, [...this.notes(userId), text]);
    added.emit(eventOf(userId), text);
    return this.notes(userId);
  }

  /** The notes that the member adds from now on, on this device or another one. Ends with the session. */
  @Subscription(() => String, { resolve: ([note]: [string]) => note })
  noteAdded(@Session('userId') userId: string): AsyncIterable<unknown[]> {
    return on(added, eventOf(userId));
  }
}

/** With a prefix: an id could be `error`, which an emitter throws if nobody listens. */
const eventOf = (userId: string) => `note of ${userId}`;

import { EventEmitter, on } from 'node:events';
import { Args, Mutation, Query, Resolver, Subscription } from '@nestjs/graphql';
import { Session } from 'nestjs-server-sessions';

/** The notes of all members. In a real application they are in the database. */
const notes = new Map<string, string[]>();

/** Emits the new notes of a member, by the member's id. With several processes, use Redis or the database for this. */
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
    added.emit(userId, text);
    return this.notes(userId);
  }

  /** The notes that the member adds from now on, on this device or another one. Ends with the session. */
  @Subscription(() => String)
  noteAdded(@Session('userId') userId: string): AsyncIterable<{ noteAdded: string }> {
    return notesOf(on(added, userId));
  }
}

async function* notesOf(events: AsyncIterable<string[]>): AsyncGenerator<{ noteAdded: string }> {
  for await (const [note] of events) {
    yield { noteAdded: note! };
  }
}

/** An event of a stream, as `EventSource` reports it. */
export interface StreamEvent {
  readonly event: string;
  readonly data: string;
}

/** A response with events, which are read one by one. */
export interface EventStream {
  readonly status: number;
  /** Returns the next event. */
  readonly next: () => Promise<StreamEvent | undefined>;
  /** Returns all further events, once the server ends the response. */
  readonly rest: () => Promise<StreamEvent[]>;
  /** Closes the connection. */
  readonly leave: () => void;
}

/** Opens a stream of server-sent events. */
export async function openEvents(
  url: string,
  headers: Record<string, string>,
): Promise<EventStream> {
  const leaving = new AbortController();
  const response = await fetch(url, {
    headers: { accept: 'text/event-stream', ...headers },
    signal: leaving.signal,
  });
  const events = eventsOf(response.body!.pipeThrough(new TextDecoderStream()));
  return {
    status: response.status,
    next: async () => (await events.next()).value ?? undefined,
    rest: async () => {
      const rest: StreamEvent[] = [];
      for await (const event of events) {
        rest.push(event);
      }
      return rest;
    },
    leave: () => leaving.abort(),
  };
}

async function* eventsOf(text: ReadableStream<string>): AsyncGenerator<StreamEvent, undefined> {
  let buffer = '';
  for await (const part of text) {
    const blocks = (buffer + part).split('\n\n');
    buffer = blocks.pop()!;
    for (const block of blocks) {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
      const data = field('data');
      if (data !== undefined) {
        yield { event: field('event') ?? 'message', data };
      }
    }
  }
  return undefined;
}

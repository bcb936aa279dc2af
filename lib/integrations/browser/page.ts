/** An event of a page. */
export interface PageEvent {
  readonly isTrusted: boolean;
  readonly persisted?: boolean;
}

type Listen = (type: string, listener: (event: PageEvent) => void, options: object) => void;

/** A channel to the other tabs of the browser. */
export interface TabChannel {
  onmessage: (message: { readonly data: unknown }) => void;
  postMessage(message: unknown): void;
  close(): void;
}

/** The part of a page's globals that is used. The library is compiled without the types of browsers. */
interface Page {
  readonly addEventListener: Listen;
  readonly document: { readonly visibilityState: string; readonly addEventListener: Listen };
  readonly location: { readonly href: string };
  readonly BroadcastChannel: new (name: string) => TabChannel;
  fetch(
    url: string,
    options: { method: string; cache: 'no-store'; credentials: 'include' },
  ): Promise<{ readonly status: number; json(): Promise<unknown> }>;
}

export const page = globalThis as unknown as Page;

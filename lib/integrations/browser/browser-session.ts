import { page, type PageEvent, type TabChannel } from './page.js';
import {
  ask,
  type BrowserSessionError,
  type BrowserSessionState,
  type News,
} from './session-route.js';

export type { BrowserSessionError, BrowserSessionState };

/**
 * Options of `BrowserSession`.
 *
 * @publicApi
 */
export interface BrowserSessionOptions {
  /**
   * Called in every tab, with the first state and when it changes: the session ended, its end moved, or the visitor logged
   * in.
   *
   * @param before the state until then; `undefined` at the first call
   */
  readonly onChange: (state: BrowserSessionState, before: BrowserSessionState | undefined) => void;
  /** Called each second while there is a session, with the milliseconds that are left, at least 0. */
  readonly onTick?: ((left: number) => void) | undefined;
  /** Called when a request in the background failed. The state stays, and is requested again later. */
  readonly onError?: ((error: BrowserSessionError) => void) | undefined;
  /**
   * Milliseconds after which a visible page asks the server again, and so learns that the session was ended elsewhere.
   *
   * @default 60_000
   */
  readonly checkEvery?: number | undefined;
}

const SECOND = 1000;

/** A timer that is later than this was held up: the device slept, or the page was frozen. */
const LATE = 5 * SECOND;

/** What a person does. `scroll` is not among them, because scripts cause it too. */
const ACTIVITY = ['pointerup', 'touchend', 'keydown', 'wheel'];

const isVisible = () => page.document.visibilityState === 'visible';

/**
 * The session of a page's visitor: counts down to its end, renews it while the visitor does something, and tells the page
 * when and why it ended. All tabs of a browser have the same state. It needs `SessionStatusController` on the server.
 *
 * @example
 * ```ts
 * const session = new BrowserSession('/session', {
 *   onTick: (left) => { warning.hidden = left > 120_000; },
 *   onChange: (state) => { if (!state.live) { location.assign('/login'); } },
 * });
 * stayButton.onclick = () => session.renew();
 * ```
 * @publicApi
 */
export class BrowserSession {
  readonly #url: string;
  readonly #options: BrowserSessionOptions;
  readonly #checkEvery: number;
  readonly #tabs: TabChannel;
  readonly #listening = new AbortController();
  readonly #timer: ReturnType<typeof setInterval>;
  #news: News | undefined;
  /** The latest news from another tab. */
  #heard: News | undefined;
  /** Counts the requests of this tab. */
  #asked = 0;
  /** The newest of these requests whose response was used. */
  #newest = 0;
  #checkedAt = 0;
  #tickedAt = Date.now();
  #isChecking = false;
  #renewing: Promise<BrowserSessionState> | undefined;

  /** @param url of `SessionStatusController`; the path if it is on the same origin as the page */
  constructor(url: string, options: BrowserSessionOptions) {
    this.#url = new URL(url, page.location.href).href;
    this.#options = options;
    this.#checkEvery = options.checkEvery ?? 60 * SECOND;
    this.#tabs = new page.BroadcastChannel(`session ${this.#url}`);
    this.#tabs.onmessage = ({ data }) => this.#hear(data as News);
    const { signal } = this.#listening;
    const wake = () => this.#check();
    for (const type of ['focus', 'online']) {
      page.addEventListener(type, wake, { signal });
    }
    page.addEventListener('pageshow', ({ persisted }) => persisted && wake(), { signal });
    page.document.addEventListener('visibilitychange', () => isVisible() && wake(), { signal });
    page.document.addEventListener('resume', wake, { signal });
    for (const type of ACTIVITY) {
      const onActivity = ({ isTrusted }: PageEvent) => isTrusted && this.#keepAlive();
      page.addEventListener(type, onActivity, { signal, capture: true, passive: true });
    }
    this.#timer = setInterval(() => this.#tick(), SECOND);
    wake();
  }

  /** The known state; `undefined` until the server has responded. */
  get state(): BrowserSessionState | undefined {
    return this.#news?.state;
  }

  /**
   * Asks the server for the state, and renews nothing. Call it after a login or logout of the page: all tabs get the result.
   *
   * @throws BrowserSessionError
   */
  check(): Promise<BrowserSessionState> {
    return this.#ask('GET');
  }

  /**
   * Renews the session, for a button "Stay signed in".
   *
   * @throws BrowserSessionError
   */
  renew(): Promise<BrowserSessionState> {
    this.#renewing ??= this.#ask('POST').finally(() => {
      this.#renewing = undefined;
      this.#tick();
    });
    return this.#renewing;
  }

  /** Stops the countdown and all listening. */
  stop(): void {
    this.#listening.abort();
    clearInterval(this.#timer);
    this.#tabs.close();
  }

  get #hasStopped(): boolean {
    return this.#listening.signal.aborted;
  }

  async #ask(method: 'GET' | 'POST'): Promise<BrowserSessionState> {
    const turn = ++this.#asked;
    const heard = this.#heard;
    const askedAt = Date.now();
    this.#checkedAt = askedAt;
    const news = await ask(this.#url, method, askedAt);
    // A response that comes late must not undo what the page has learned meanwhile.
    const isOlder = heard !== this.#heard && askedAt <= this.#heard!.askedAt;
    if (this.#hasStopped) {
      return news.state;
    }
    if (turn > this.#newest && !isOlder) {
      this.#newest = turn;
      this.#tabs.postMessage(news);
      this.#learn(news);
    }
    return this.state!;
  }

  /** Uses the news that another tab has received. */
  #hear(news: News): void {
    if (news.askedAt >= (this.#news?.askedAt ?? 0)) {
      this.#heard = news;
      this.#checkedAt = news.askedAt;
      this.#learn(news);
    }
  }

  #learn(news: News): void {
    const before = this.state;
    this.#news = news;
    if (!before || !isSame(before, news.state)) {
      this.#options.onChange(news.state, before);
    }
    this.#tick();
  }

  /** Asks in the background, unless the page waits for a response already. */
  #check(): void {
    if (!this.#isChecking && !this.#renewing) {
      this.#isChecking = true;
      void this.#inBackground(this.check()).finally(() => {
        this.#isChecking = false;
        // If the device slept during the request, the times in the response count from too early.
        this.#tick();
      });
    }
  }

  /** Renews the session if that has an effect by now. After an error it waits, as between two checks. */
  #keepAlive(): void {
    const now = Date.now();
    if (this.#news && now >= this.#news.renewFrom) {
      this.#news = { ...this.#news, renewFrom: now + this.#checkEvery };
      void this.#inBackground(this.renew());
    }
  }

  #inBackground(work: Promise<unknown>): Promise<unknown> {
    return work.catch((error: BrowserSessionError) => {
      if (!this.#hasStopped) {
        this.#options.onError?.(error);
      }
    });
  }

  #tick(): void {
    const now = Date.now();
    const isLate = Math.abs(now - this.#tickedAt) > LATE;
    this.#tickedAt = now;
    const { state } = this;
    if (!state?.live || this.#hasStopped) {
      return;
    }
    const { endsAt } = state;
    this.#options.onTick?.(Math.max(0, endsAt - now));
    const hasEnded = now >= endsAt && this.#checkedAt < endsAt;
    const isOld = isLate || now - this.#checkedAt >= this.#checkEvery;
    if (hasEnded || (isOld && isVisible())) {
      this.#check();
    }
  }
}

/** Returns whether a page would show the same. The end differs a little from request to request. */
function isSame(one: BrowserSessionState, other: BrowserSessionState): boolean {
  return one.live && other.live
    ? one.id === other.id && Math.abs(one.endsAt - other.endsAt) < SECOND
    : !one.live && !other.live && one.code === other.code && one.reason === other.reason;
}

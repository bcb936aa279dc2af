import { isEndReason, type SessionEndReason } from '../../common/end-reason.js';
import { SessionDataError } from '../../common/session-error.js';
import type { SessionSurvey } from '../../manager/bulk/session-survey.js';
import { serviceOf, type SessionManager } from '../../manager/session-manager.js';
import { isSessionId } from '../../manager/token/token.js';
import type { Html } from './html.js';
import { linksFrom, type Links } from './page-links.js';
import { overviewPage } from './pages/overview.page.js';
import { problemPage } from './pages/problem.page.js';
import { sessionPage } from './pages/session.page.js';
import { STYLE } from './pages/style.js';
import { userPage } from './pages/user.page.js';
import type { SampledTotals } from './sampled-totals.js';

/** The part of an Express or Fastify request that is used. */
export interface AdminRequest {
  readonly originalUrl: string;
}

/** Fields of a form or a query, as the client sent them. */
export type Fields = Readonly<Record<string, unknown>>;

/** A response, before it is sent. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  readonly location?: string;
}

/** Sessions on one page. */
const PAGE_SIZE = 50;

const page = ({ text }: Html, status = 200): Answer => ({ status, type: 'text/html', text });

const redirect = (location: string): Answer => ({
  status: 303,
  type: 'text/plain',
  text: '',
  location,
});

/** What the operators' pages show and do. */
export class AdminPages {
  readonly #manager: SessionManager;
  readonly #survey: SessionSurvey;
  readonly #totals: SampledTotals;
  readonly #root: string;
  readonly #showData: boolean;

  /** @param root the last segment of the module's path */
  constructor(manager: SessionManager, totals: SampledTotals, root: string, showData: boolean) {
    this.#manager = manager;
    this.#survey = serviceOf(manager).survey;
    this.#totals = totals;
    this.#root = root;
    this.#showData = showData;
  }

  style(): Answer {
    return { status: 200, type: 'text/css', text: STYLE };
  }

  async overview(request: AdminRequest, { before, ended }: Fields): Promise<Answer> {
    const position = isSessionId(before) ? before : undefined;
    const sessions = await this.#survey.newest(PAGE_SIZE, position);
    return page(
      overviewPage(this.#links(request, 0), {
        sessions,
        sample: this.#totals.get(),
        isFirst: position === undefined,
        hasMore: sessions.length === PAGE_SIZE,
        now: this.#now(),
        ended: countIn(ended),
      }),
    );
  }

  /** Leads from the search form to the page of a session. */
  find(request: AdminRequest, { id }: Fields): Answer {
    const links = this.#links(request, 1);
    const given = typeof id === 'string' ? id.trim().toLowerCase() : '';
    return isSessionId(given) ? redirect(links(`session/${given}`)) : noSession(links);
  }

  async session(request: AdminRequest, id: string, { ended }: Fields): Promise<Answer> {
    const links = this.#links(request, 2);
    const session = await this.#survey.inspect(id);
    if (!session) {
      return noSession(links);
    }
    return page(
      sessionPage(links, {
        session,
        now: this.#now(),
        showsData: this.#showData,
        data: undefined,
        ended: countIn(ended),
      }),
    );
  }

  async data(request: AdminRequest, id: string): Promise<Answer> {
    const links = this.#links(request, 3);
    const session = this.#showData ? await this.#survey.inspect(id) : undefined;
    if (!session) {
      return noSession(links);
    }
    return page(
      sessionPage(links, {
        session,
        now: this.#now(),
        showsData: true,
        data: await this.#readable(id),
        ended: undefined,
      }),
    );
  }

  async endSession(request: AdminRequest, id: string, fields: Fields): Promise<Answer> {
    const links = this.#links(request, 3);
    return this.#ending(links, fields, async (reason) => {
      const ended = await this.#manager.removeSessionById(id, { reason });
      return isSessionId(id) ? `session/${id}?ended=${ended}` : '';
    });
  }

  async user(request: AdminRequest, { id, ended }: Fields): Promise<Answer> {
    const links = this.#links(request, 1);
    return this.#ofUser(links, id, async (userId) => {
      const [live, over] = await Promise.all([
        this.#manager.listSessions(userId, { limit: PAGE_SIZE }),
        this.#manager.listSessions(userId, { limit: PAGE_SIZE, ended: true }),
      ]);
      const [now, count] = [this.#now(), countIn(ended)];
      return page(userPage(links, { userId, live, over, limit: PAGE_SIZE, now, ended: count }));
    });
  }

  async endUser(request: AdminRequest, fields: Fields): Promise<Answer> {
    const links = this.#links(request, 2);
    return this.#ofUser(links, fields['id'], (userId) =>
      this.#ending(links, fields, async (reason) => {
        const ended = await this.#manager.removeUserSessions(userId, { reason });
        return `user?id=${encodeURIComponent(userId)}&ended=${ended}`;
      }),
    );
  }

  async endAll(request: AdminRequest, fields: Fields): Promise<Answer> {
    const links = this.#links(request, 2);
    if (fields['confirm'] !== 'yes') {
      const words = 'Nothing was ended, because the box that confirms it was not ticked.';
      return page(problemPage(links, words), 400);
    }
    return this.#ending(links, fields, async (reason) => {
      const ended = await this.#manager.removeAllSessions({ reason });
      return `?ended=${ended}`;
    });
  }

  /** Runs `work` for a user, unless no user can have this id. */
  async #ofUser(
    links: Links,
    id: unknown,
    work: (userId: string) => Promise<Answer>,
  ): Promise<Answer> {
    try {
      if (typeof id === 'string') {
        return await work(id);
      }
    } catch (error) {
      if (!(error instanceof SessionDataError)) {
        throw error;
      }
    }
    return page(
      problemPage(links, 'No user can have this id. The id of a user has 1 to 255 characters.'),
      400,
    );
  }

  async #ending(
    links: Links,
    { reason }: Fields,
    end: (reason: SessionEndReason) => Promise<string>,
  ): Promise<Answer> {
    if (!isEndReason(reason)) {
      const words =
        'Nothing was ended, because the reason must be a word of at most 32 lower-case letters, digits and hyphens.';
      return page(problemPage(links, words), 400);
    }
    return redirect(links(await end(reason)));
  }

  async #readable(id: string): Promise<string> {
    try {
      const found = await this.#survey.data(id);
      return found
        ? JSON.stringify(found.data, null, 2)
        : 'The session has ended, and its data is deleted.';
    } catch (error) {
      if (error instanceof SessionDataError) {
        return 'The data can’t be read.';
      }
      throw error;
    }
  }

  #now(): number {
    return serviceOf(this.#manager).now();
  }

  #links({ originalUrl }: AdminRequest, depth: number): Links {
    return linksFrom(originalUrl, this.#root, depth);
  }
}

const noSession = (links: Links): Answer =>
  page(
    problemPage(links, 'There is no session with this id, or it was deleted after its end.'),
    404,
  );

/** Returns how many sessions an earlier request ended, as its redirect says. */
function countIn(text: unknown): number | undefined {
  return typeof text === 'string' && /^\d{1,12}$/.test(text) ? Number(text) : undefined;
}

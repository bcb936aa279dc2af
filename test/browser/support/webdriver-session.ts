import { eventually } from '../../support/promises/eventually.js';

/** A session with a WebDriver server (W3C WebDriver, section 6). */
export class WebDriverSession {
  readonly #url: string;

  private constructor(url: string) {
    this.#url = url;
  }

  /** Opens a session as soon as the server, which has just been started, responds. */
  static async open(server: string): Promise<WebDriverSession> {
    await eventually(() => fetch(`${server}/status`));
    const capabilities = { alwaysMatch: { acceptInsecureCerts: true } };
    const { sessionId } = await send<{ sessionId: string }>('POST', `${server}/session`, {
      capabilities,
    });
    return new WebDriverSession(`${server}/session/${sessionId}`);
  }

  /** Sends a command, such as `POST /url`, and returns the value of its response. */
  send<Value>(method: string, command: string, parameters?: object): Promise<Value> {
    return send(method, `${this.#url}${command}`, parameters);
  }

  async close(): Promise<void> {
    await send('DELETE', this.#url);
  }
}

async function send<Value>(method: string, url: string, parameters?: object): Promise<Value> {
  const response = await fetch(url, {
    method,
    ...(parameters && { body: JSON.stringify(parameters) }),
  });
  const { value } = (await response.json()) as { value: Value & { message?: string } };
  if (!response.ok) {
    throw new Error(`WebDriver refused ${method} ${url}: ${value.message}`);
  }
  return value;
}

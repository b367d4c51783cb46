import { randomUUID } from 'node:crypto';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Null where the answer has none, text where it is no JSON. */
  readonly body: unknown;
}

/** Somebody with a browser: keeps the cookie it is given, and sends JSON. */
export class Visitor {
  readonly #origin: string;
  #cookie: string | null = null;

  constructor(origin: string) {
    this.#origin = origin;
  }

  get(path: string): Promise<Answer> {
    return this.#send('GET', path);
  }

  remove(path: string): Promise<Answer> {
    return this.#send('DELETE', path);
  }

  /** With a new idempotency key unless one is given. */
  post(path: string, body?: unknown, key: string = randomUUID()): Promise<Answer> {
    return this.#send('POST', path, { 'idempotency-key': `"${key}"` }, body);
  }

  async signIn(email: string, password = 'every-vote-counts'): Promise<Answer> {
    return this.post('/api/session', { email, password });
  }

  /** Another visitor with the same cookie as of now: a second window. */
  twin(): Visitor {
    const twin = new Visitor(this.#origin);
    twin.#cookie = this.#cookie;
    return twin;
  }

  async #send(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: unknown,
  ): Promise<Answer> {
    const answer = await fetch(`${this.#origin}${path}`, {
      method,
      headers: {
        ...headers,
        ...(this.#cookie === null ? {} : { cookie: this.#cookie }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    });
    const [cookie] = answer.headers.getSetCookie();
    if (cookie !== undefined) this.#cookie = cookie.split(';', 1)[0] ?? null;
    const text = await answer.text();
    return {
      status: answer.status,
      headers: answer.headers,
      body: text === '' ? null : isJson(answer) ? (JSON.parse(text) as unknown) : text,
    };
  }
}

function isJson(answer: Response): boolean {
  return /^application\/(?:problem\+)?json/.test(answer.headers.get('content-type') ?? '');
}

/** The names of the fields that a 422 finds wrong. */
export function wrongFields({ body }: Answer): readonly string[] {
  const { problems } = body as { problems?: { field: string }[] };
  return (problems ?? []).map(({ field }) => field);
}

/** An answer that is an error: what RFC 9457 says of it, or what its status says. */
export class ClientProblem extends Error {
  /** 0 where no answer came at all. */
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  /** Everything else that the problem held, such as the fields of a form. */
  readonly more: Readonly<Record<string, unknown>>;
  /** True where the write may have been done although nobody confirmed it. */
  readonly outcomeUnknown: boolean;
  /** How long to leave the site alone, as it asks; null where it does not. */
  readonly retryAfterMs: number | null;

  constructor(
    status: number,
    body: Readonly<Record<string, unknown>>,
    retryAfterMs: number | null = null,
  ) {
    const { title, detail, type } = body;
    const shortly = typeof title === 'string' ? title : `HTTP ${status}`;
    super(typeof detail === 'string' && detail !== '' ? detail : shortly);
    this.name = 'ClientProblem';
    this.status = status;
    this.title = shortly;
    this.detail = typeof detail === 'string' ? detail : '';
    this.more = body;
    this.retryAfterMs = retryAfterMs;
    this.outcomeUnknown =
      typeof type === 'string' && /:outcome-unknown(?:-late|-failed)?$/.test(type);
  }
}

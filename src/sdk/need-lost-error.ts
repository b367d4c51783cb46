/**
 * A need, or one role of it (`db.primary`), cannot be used now, and nothing is retried behind the
 * service's back. `serve()` answers it with a `Service-Health` that names the need, so that the
 * feature's ladder takes over; catch it to do better than that.
 */
export class NeedLostError extends Error {
  /** `db.primary`, `partner`: a need of the manifest, or a role of one. */
  readonly need: string;
  /** In a few words, for logs. */
  readonly reason: string;
  /** `unknown` where a write may have been carried out although nobody confirmed it. */
  readonly outcome: 'nothing-done' | 'unknown';

  constructor(
    need: string,
    reason: string,
    options: { readonly outcome?: 'nothing-done' | 'unknown'; readonly cause?: unknown } = {},
  ) {
    super(`${need} is lost: ${reason}`, options);
    this.name = 'NeedLostError';
    this.need = need;
    this.reason = reason;
    this.outcome = options.outcome ?? 'nothing-done';
  }
}

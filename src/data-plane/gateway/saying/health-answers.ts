import {
  publicHealth,
  type SiteHealth,
  type SiteHealthInFull,
} from '../../../contract/site-health.ts';
import { carriesToken } from '../../../lib/carries-token.ts';
import { type Answer, type Exchange, header } from '../../exchange.ts';
import { problemAnswer } from '../../problems.ts';
import type { Side } from '../route/compile-routes.ts';
import { healthPage, healthPagePolicy } from './health-page.ts';

/** Where everybody may ask how the site stands (RFC 8615). */
export const HEALTH_PATH = '/.well-known/turnout/health';

export interface HealthAnswersParts {
  look(): Promise<SiteHealthInFull>;
  /** What operators prove themselves with; null where there is none. */
  token(): Promise<string | null>;
}

/** A look as it is sent: made once, given to all who ask within its second. */
interface Written {
  readonly of: SiteHealthInFull;
  readonly json: Buffer;
  readonly html: Buffer;
}

/**
 * Answers at `/.well-known/turnout/health`: features and rungs for everyone; needs, reasons,
 * circuits and counts too for who brings the token, and features that only the site's own services
 * reach for those.
 */
export class HealthAnswers {
  readonly #parts: HealthAnswersParts;
  readonly #written: { everyone: Written | null; inside: Written | null } = {
    everyone: null,
    inside: null,
  };

  constructor(parts: HealthAnswersParts) {
    this.#parts = parts;
  }

  answer(exchange: Exchange, side: Side): Answer | Promise<Answer> {
    const { method, headers } = exchange.request;
    if (method !== 'GET' && method !== 'HEAD') {
      const detail = 'Use GET.';
      const allow = ['allow', 'GET, HEAD'];
      return problemAnswer('method-not-allowed', {
        detail,
        requestId: exchange.id,
        headers: allow,
      });
    }
    const authorization = header(headers, 'authorization');
    return authorization === undefined
      ? this.#forEveryone(exchange, side)
      : this.#inFull(exchange, authorization);
  }

  async #forEveryone(exchange: Exchange, side: Side): Promise<Answer> {
    const health = await this.#parts.look();
    const place = side === 'public' ? 'everyone' : 'inside';
    let written = this.#written[place];
    if (written?.of !== health) {
      const told = side === 'public' ? publicHealth(health) : withoutReasons(health);
      const json = Buffer.from(`${JSON.stringify(told, null, 2)}\n`);
      written = { of: health, json, html: Buffer.from(healthPage(told)) };
      this.#written[place] = written;
    }
    return wantsPage(exchange) ? page(written.html) : json(written.json, everybodyMayRead);
  }

  async #inFull(exchange: Exchange, authorization: string): Promise<Answer> {
    if (isInClear(exchange)) {
      const detail = 'Ask over HTTPS, or from this machine: anybody on the way could have read it.';
      return problemAnswer('token-in-clear', { detail, requestId: exchange.id });
    }
    const token = await this.#parts.token();
    if (token === null || !carriesToken(authorization, token)) {
      return problemAnswer('token-refused', {
        detail: 'Leave Authorization out for what is public.',
        requestId: exchange.id,
        headers: ['www-authenticate', 'Bearer realm="turnout"'],
      });
    }
    return json(Buffer.from(`${JSON.stringify(await this.#parts.look(), null, 2)}\n`), []);
  }
}

/** On the internal side every feature is told of, for any of them may be somebody's need. */
function withoutReasons(health: SiteHealthInFull): SiteHealth {
  return publicHealth({
    ...health,
    features: health.features.map((feature) => Object.assign({}, feature, { public: true })),
  });
}

/** A token that was sent so may have been read by others, and opens more than this page. */
function isInClear({ request: { client } }: Exchange): boolean {
  if (client.scheme === 'https') return false;
  return !/^(?:127\.|::1$|::ffff:127\.)/.test(client.address);
}

function wantsPage({ request }: Exchange): boolean {
  return (header(request.headers, 'accept') ?? '').toLowerCase().includes('text/html');
}

/** Status pages elsewhere may show what everybody may see. */
const everybodyMayRead = ['access-control-allow-origin', '*'];

function json(body: Buffer, more: readonly string[]): Answer {
  return { status: 200, headers: [...heads, 'content-type', 'application/json', ...more], body };
}

function page(body: Buffer): Answer {
  const type = ['content-type', 'text/html; charset=utf-8'];
  const policy = ['content-security-policy', healthPagePolicy];
  return { status: 200, headers: [...heads, ...type, ...policy], body };
}

const heads = [
  'cache-control',
  'no-store',
  'vary',
  'accept, authorization',
  'x-content-type-options',
  'nosniff',
];

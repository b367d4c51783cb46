import { createHash } from 'node:crypto';
import type { FlagsDocument } from '../../contract/flags.ts';
import { type Answer, type Exchange, header, type RequestBody } from '../exchange.ts';
import { type Evaluation, type FlagContext, FlagEvaluator } from './flag-evaluator.ts';

const PREFIX = '/ofrep/v1/evaluate/flags';
/** Nobody knows so much about whom a flag is for. */
const BODY_BYTES = 64 * 1024;

/** What is asked, or why that cannot be told. */
type Asked =
  | { readonly kind: 'context'; readonly context: FlagContext }
  | { readonly kind: 'refused'; readonly errorCode: string; readonly errorDetails: string };

/**
 * The flags in force for services in any language, by the OpenFeature Remote Evaluation Protocol
 * (github.com/open-feature/protocol, 0.1): one flag, or all of them with an entity tag. Only on the
 * side where services reach each other; what is answered is what this worker knows, so that it
 * answers whatever else is away.
 */
export class Ofrep {
  readonly #document: () => FlagsDocument;
  #evaluator: FlagEvaluator | null = null;

  constructor(document: () => FlagsDocument) {
    this.#document = document;
  }

  /** Null where the request is for something else. */
  answer(exchange: Exchange): Answer | Promise<Answer> | null {
    const { method, path, body } = exchange.request;
    if (path !== PREFIX && !path.startsWith(`${PREFIX}/`)) return null;
    if (method !== 'POST') return json(405, { errorDetails: 'Use POST.' }, ['allow', 'POST']);
    const name = nameIn(path);
    if (name === null) return failure(400, null, 'PARSE_ERROR', 'The key is malformed.');
    return readAsked(body).then((asked) => this.#answerTo(name, asked, exchange));
  }

  #answerTo(name: string, asked: Asked, exchange: Exchange): Answer {
    const key = name === '' ? null : name;
    if (asked.kind === 'refused') return failure(400, key, asked.errorCode, asked.errorDetails);
    return key === null ? this.#all(asked.context, exchange) : this.#one(key, asked.context);
  }

  #one(key: string, context: FlagContext): Answer {
    const found = this.#current().evaluate(key, context);
    if (found === null) return failure(404, key, 'FLAG_NOT_FOUND', 'There is no such flag.');
    return json(found.kind === 'failed' ? 400 : 200, said(key, found));
  }

  #all(context: FlagContext, { request }: Exchange): Answer {
    const evaluator = this.#current();
    const flags = Object.keys(evaluator.document.flags).flatMap((key) => {
      const found = evaluator.evaluate(key, context);
      return found === null ? [] : [said(key, found)];
    });
    const answer = json(200, { flags });
    const digest = createHash('sha256')
      .update(answer.body as Uint8Array)
      .digest('base64url');
    const etag = `"${digest.slice(0, 22)}"`;
    const seen = header(request.headers, 'if-none-match') ?? '';
    const isSeen = seen === '*' || seen.split(',').some((tag) => tag.trim() === etag);
    if (isSeen) return { status: 304, headers: ['etag', etag], body: null };
    return { ...answer, headers: [...answer.headers, 'etag', etag] };
  }

  /** Another as soon as a flag is another. */
  #current(): FlagEvaluator {
    const document = this.#document();
    if (this.#evaluator?.document !== document) this.#evaluator = new FlagEvaluator(document);
    return this.#evaluator;
  }
}

/** Empty for all flags; null where it is half an escape. */
function nameIn(path: string): string | null {
  try {
    return decodeURIComponent(path.slice(PREFIX.length + 1));
  } catch {
    return null;
  }
}

async function readAsked(body: RequestBody | null): Promise<Asked> {
  const bytes = await readBounded(body);
  const refused = (errorCode: string, errorDetails: string): Asked => {
    return { kind: 'refused', errorCode, errorDetails };
  };
  if (bytes === null) return refused('PARSE_ERROR', `The body has more than ${BODY_BYTES} bytes.`);
  if (bytes.length === 0) return { kind: 'context', context: {} };
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    return refused('PARSE_ERROR', 'The body is no JSON.');
  }
  if (!isObject(value)) return refused('PARSE_ERROR', 'The body is an object.');
  const { context = {} } = value;
  if (!isObject(context)) return refused('INVALID_CONTEXT', 'The context is an object.');
  return { kind: 'context', context };
}

/** Null for one that is too long, or that breaks off. */
async function readBounded(body: RequestBody | null): Promise<Buffer | null> {
  if (body === null) return Buffer.alloc(0);
  if ((body.lengthBytes ?? 0) > BODY_BYTES) return null;
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body.stream as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > BODY_BYTES) return null;
      chunks.push(chunk);
    }
  } catch {
    return null;
  }
  return Buffer.concat(chunks);
}

function said(key: string, evaluation: Evaluation): object {
  const { kind: _, ...rest } = evaluation;
  return { key, ...rest };
}

function failure(
  status: number,
  key: string | null,
  errorCode: string,
  errorDetails: string,
): Answer {
  return json(status, { ...(key === null ? {} : { key }), errorCode, errorDetails });
}

function json(status: number, value: object, headers: readonly string[] = []): Answer {
  const body = Buffer.from(`${JSON.stringify(value)}\n`);
  const own = ['content-type', 'application/json', 'cache-control', 'no-store'];
  return { status, headers: [...own, ...headers], body };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

import type { CorsPolicy } from '../../derive/routes/route-table.ts';
import type { Answer } from '../exchange.ts';

/**
 * Headers of a service that would contradict a declared policy; they are taken out where one is
 * declared.
 */
const policyHeaders = new Set([
  'access-control-allow-origin',
  'access-control-allow-credentials',
  'access-control-expose-headers',
  'access-control-allow-methods',
  'access-control-allow-headers',
  'access-control-max-age',
]);

/**
 * The answer to a preflight (Fetch standard, section 3.2): who may not ask gets one without
 * permission.
 */
export function preflightAnswer(policy: CorsPolicy, origin: string): Answer {
  const headers = ['vary', 'origin, access-control-request-method, access-control-request-headers'];
  if (allows(policy, origin)) {
    headers.push(...originHeaders(policy, origin));
    headers.push('access-control-allow-methods', policy.methods.join(', '));
    if (policy.headers.length > 0) {
      headers.push('access-control-allow-headers', policy.headers.join(', '));
    }
    headers.push('access-control-max-age', String(Math.floor(policy.maxAgeMs / 1000)));
  }
  return { status: 204, headers, body: null };
}

/** The same answer with what the declared policy grants this origin; always varies by Origin. */
export function withCors(answer: Answer, policy: CorsPolicy, origin: string | undefined): Answer {
  const headers: string[] = [];
  for (let i = 0; i < answer.headers.length; i += 2) {
    const name = answer.headers[i] ?? '';
    if (!policyHeaders.has(name)) headers.push(name, answer.headers[i + 1] ?? '');
  }
  headers.push('vary', 'origin');
  if (origin !== undefined && allows(policy, origin)) {
    headers.push(...originHeaders(policy, origin));
    headers.push('access-control-expose-headers', exposed(policy).join(', '));
  }
  return { ...answer, headers };
}

/**
 * What a page of another origin may see of an answer, beside what is declared: how things stand,
 * how old it is, when to ask again, and where the fate of a queued write is told.
 */
const alwaysExposed = ['service-health', 'retry-after', 'age', 'location'];

function exposed({ expose }: CorsPolicy): readonly string[] {
  const declared = new Set(expose.map((name) => name.toLowerCase()));
  return [...expose, ...alwaysExposed.filter((name) => !declared.has(name))];
}

function allows(policy: CorsPolicy, origin: string): boolean {
  return policy.origins.includes(origin) || policy.origins.includes('*');
}

function originHeaders(policy: CorsPolicy, origin: string): string[] {
  // A wildcard cannot be combined with credentials, so the origin is always named where they are
  // allowed.
  const wildcard = policy.origins.includes('*') && !policy.credentials;
  const headers = ['access-control-allow-origin', wildcard ? '*' : origin];
  if (policy.credentials) headers.push('access-control-allow-credentials', 'true');
  return headers;
}

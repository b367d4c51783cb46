import { createHmac, timingSafeEqual } from 'node:crypto';
import type { PublishedRelease } from './keys.ts';

/** `frontend-previews/<frontend>/<id>`: releases that are shown to those who have a link. */
export const PREVIEWS_PREFIX = 'frontend-previews/';

export type FrontendPreview = PublishedRelease & {
  readonly frontend: string;
  /** Unguessable enough to tell two apart; what opens it is the signature. */
  readonly id: string;
  readonly expiresAtMs: number;
  readonly who: string;
  readonly why: string | null;
};

/** The parameter of a link, and the beginning of the name of the cookie that it sets. */
export const PREVIEW_NAME = 'turnout-preview';

type Signed = Pick<FrontendPreview, 'frontend' | 'release' | 'id' | 'expiresAtMs'>;

/** What a link and its cookie carry: good for this release of this frontend, until it expires. */
export function previewToken(key: Uint8Array, preview: Signed): string {
  return `${preview.id}.${signature(key, preview)}`;
}

/** The id in a token of the right form; null for any other text. */
export function idOfToken(token: string): string | null {
  return /^([0-9a-z]{16})\.[\w-]{43}$/.exec(token)?.[1] ?? null;
}

/** Compares in a time that says nothing of where they differ. */
export function isTokenOf(key: Uint8Array, preview: Signed, token: string): boolean {
  const expected = Buffer.from(previewToken(key, preview));
  const given = Buffer.from(token);
  return expected.length === given.length && timingSafeEqual(expected, given);
}

function signature(key: Uint8Array, { frontend, release, id, expiresAtMs }: Signed): string {
  const text = JSON.stringify(['turnout preview', frontend, release, id, expiresAtMs]);
  return createHmac('sha256', key).update(text).digest('base64url');
}

import { read } from './ask.js';

/** Where somebody who asks for `path` signs in first. */
export function signInPath(path) {
  return `/sign-in/?next=${encodeURIComponent(path)}`;
}

/**
 * Who is signed in. Somebody who is not is taken to the sign-in page, and the promise stays open
 * while the browser goes there. An answer of kind `closed` or `lost` is the page's to tell.
 */
export async function requireVolunteer() {
  const answer = await read('/api/session');
  if (answer.kind !== 'ok') return answer;
  if (answer.body.volunteer !== null) return { kind: 'signed-in', ...answer.body };
  return goToSignIn();
}

/** For an answer that says the session has ended meanwhile. */
export function goToSignIn() {
  location.assign(signInPath(location.pathname + location.search));
  return new Promise(() => {});
}

/** Only a path of this site: a link from elsewhere must not send people on to a third place. */
export function safeNext(next, otherwise) {
  if (next === null || !/^\/(?![/\\])/.test(next)) return otherwise;
  const url = new URL(next, location.origin);
  // A path such as /.//elsewhere comes out as //elsewhere, which is another host.
  const isElsewhere = url.origin !== location.origin || url.pathname.startsWith('//');
  if (isElsewhere || url.pathname.startsWith('/sign-in')) return otherwise;
  return url.href;
}

import { element } from './element.js';

/**
 * Says how things stand. Kinds: `info`, `kept` (done, or safe with us), `degraded` (some of it
 * works), `failed`. A slot is a live region, so that what is put there is read aloud.
 */
export function showNotice(slot, kind, title, text = '', action = null) {
  slot.replaceChildren(
    element(
      'div',
      { class: `notice ${kind}` },
      element('strong', { text: title }),
      text === '' ? null : element('p', { text }),
      action === null ? null : element('div', { class: 'actions' }, action),
    ),
  );
  // Whoever has just pressed a form's button must see what came of it.
  if (slot.closest('form') !== null) slot.scrollIntoView({ block: 'nearest' });
}

export function clearNotice(slot) {
  slot.replaceChildren();
}

/** A button that tries again what a notice is about. */
export function tryAgain(run, text = 'Try again') {
  const button = element('button', { class: 'button quiet compact', type: 'button', text });
  button.addEventListener('click', run);
  return button;
}

/**
 * Says that something is closed or did not answer: what it is, what the service says of it, and
 * what still works. `again` is run by a button.
 */
export function showTrouble(slot, answer, { closed, lost, works, again = null }) {
  const isClosed = answer.kind === 'closed';
  const sentences = [isClosed ? answer.detail : '', works, waitWords(answer)];
  const title = isClosed ? closed : lost;
  const text = sentences.filter((sentence) => sentence !== '').join(' ');
  showNotice(slot, isClosed ? 'degraded' : 'failed', title, text, again && tryAgain(again));
}

/** How long to wait, in words a person would use; nothing where the answer does not say. */
export function waitWords({ retryAfterSeconds }) {
  if (retryAfterSeconds === null || retryAfterSeconds === undefined) return '';
  if (retryAfterSeconds <= 90) return 'Try again in a minute.';
  return `Try again in ${Math.ceil(retryAfterSeconds / 60)} minutes.`;
}

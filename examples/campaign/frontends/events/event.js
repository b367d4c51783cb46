import { change, read, readShared, send } from '/assets/ask.js';
import { fill, part } from '/assets/element.js';
import { bindForm, emailProblem, missing, showProblems } from '/assets/form.js';
import { clearNotice, showNotice, showTrouble } from '/assets/notice.js';
import { ageWords, dayOf, firstName, plural, timeSpan } from '/assets/words.js';
import { calendarLink } from './calendar-link.js';
import { dropSignUp, keepSignUp, signUpFor } from './sign-ups.js';

const form = part('sign-up');
const slot = part('notice');
let event = null;

/** One event, and a place at it. */
export async function showEvent(id) {
  clearNotice(part('event-notice'));
  const answer = await readShared(`/api/events/${encodeURIComponent(id)}`);
  if (answer.kind === 'refused') {
    const text = 'It may be over, or the link is not whole. The calendar has all that is ahead.';
    showInstead('Not on the calendar');
    return showNotice(part('event-notice'), 'info', 'There is no such event', text);
  }
  if (answer.kind !== 'ok') {
    showInstead('An event of ours');
    return showTrouble(part('event-notice'), answer, {
      closed: 'This event cannot be shown for the moment',
      lost: 'We could not fetch this event',
      works: 'It goes ahead all the same.',
      again: () => showEvent(id),
    });
  }
  event = answer.body;
  if (answer.oldSeconds !== null) {
    const text = `This is how it stood ${ageWords(answer.oldSeconds)} ago.`;
    showNotice(part('event-notice'), 'degraded', 'What we knew before', text);
  }
  showFacts();
  part('instead').hidden = true;
  part('whole').hidden = false;
  const signUp = signUpFor(id);
  if (signUp !== null) await showKnownSignUp(signUp);
  return undefined;
}

function showInstead(title) {
  part('instead').textContent = title;
  part('instead').hidden = false;
}

function showFacts() {
  document.title = `${event.title} · Marlowe for Governor`;
  fill({
    kind: event.kind.replaceAll('-', ' ').replace(/^./, (letter) => letter.toUpperCase()),
    title: event.title,
    when: `${dayOf(event.startsAt)}, ${timeSpan(event.startsAt, event.endsAt)}`,
    place: event.place,
    address: event.address,
    host: event.host,
    about: event.about,
  });
  const isOpen = event.placesLeft > 0 && new Date(event.startsAt) > new Date();
  const closed = event.placesLeft > 0 ? 'This event has begun.' : 'Every place is taken.';
  const left = `${plural(event.placesLeft, 'place is', 'places are')} left of ${event.places}.`;
  part('left').textContent = isOpen ? left : closed;
  form.hidden = !isOpen;
}

async function showKnownSignUp(id) {
  const answer = await read(`/api/sign-ups/${id}`);
  if (answer.kind === 'refused') {
    dropSignUp(event.id);
    return;
  }
  if (answer.kind === 'ok') showGoing(answer.body);
}

async function signUp({ name, email }) {
  clearNotice(slot);
  const path = `/api/events/${encodeURIComponent(event.id)}/sign-ups`;
  const answer = await send(`sign-up:${event.id}`, path, { name, email });
  if (answer.kind === 'ok') {
    keepSignUp(event.id, answer.body.id);
    event = { ...event, ...answer.body.event };
    showFacts();
    showGoing(answer.body);
    return part('join-title').focus();
  }
  if (answer.kind === 'kept') {
    form.hidden = true;
    const text = 'We confirm it by email as soon as we can. You need not sign up again.';
    return showNotice(slot, 'kept', 'Your sign-up is kept', text);
  }
  if (answer.kind === 'refused') return showRefused(answer);
  return showTrouble(slot, answer, {
    closed: 'Sign-ups are closed for the moment',
    lost: 'We do not know yet whether that went through',
    works:
      answer.kind === 'closed'
        ? 'What you typed stays here. You can also just come.'
        : 'Press the button again: you take one place only.',
  });
}

function showRefused(answer) {
  const others = showProblems(form, answer.problems);
  if (answer.problems.length > 0 && others.length === 0) return undefined;
  if (answer.code === 'full' || answer.code === 'begun') form.hidden = true;
  const kind = answer.code === 'already-signed-up' ? 'kept' : 'info';
  return showNotice(slot, kind, answer.title, answer.detail);
}

function showGoing({ id, name }) {
  form.hidden = true;
  fill({
    'join-title': 'You are going',
    'going-words': `See you there, ${firstName(name)}. We send a reminder the day before.`,
  });
  part('calendar').href = calendarLink(event);
  part('cancel').dataset.id = id;
  part('going').hidden = false;
}

async function cancel() {
  clearNotice(slot);
  const answer = await change('DELETE', `/api/sign-ups/${part('cancel').dataset.id}`);
  if (answer.kind !== 'ok' && answer.status !== 404) {
    return showTrouble(slot, answer, {
      closed: 'We cannot take that back for the moment',
      lost: 'We did not get an answer',
      works: 'Your place stays yours until you try again.',
    });
  }
  dropSignUp(event.id);
  event = { ...event, placesLeft: event.placesLeft + (answer.kind === 'ok' ? 1 : 0) };
  part('going').hidden = true;
  part('join-title').textContent = 'Save me a place';
  showFacts();
  showNotice(slot, 'info', 'Your place is free again', 'Thank you for telling us.');
  return part('join-title').focus();
}

const values = () => ({
  name: form.elements.name.value.trim(),
  email: form.elements.email.value.trim(),
});
const check = ({ name, email }) => [
  ...missing('name', name, 'Tell us your name.'),
  ...emailProblem(email),
];
bindForm(form, { values, check, submit: signUp });
part('cancel').addEventListener('click', cancel);

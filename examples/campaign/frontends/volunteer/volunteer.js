/** The volunteer area: what you did, what is left to do, and your account. */
import { change, forgetKept, read } from '/assets/ask.js';
import { element, fill, part } from '/assets/element.js';
import { bindForm, missing, showProblems } from '/assets/form.js';
import { clearNotice, showNotice, showTrouble, waitWords } from '/assets/notice.js';
import { goToSignIn, requireVolunteer } from '/assets/session.js';
import { count, countyName, dayOf, firstName, plural, timeSpan } from '/assets/words.js';
import { signUps } from '/events/sign-ups.js';

const LEADERS = 5;
const form = document.querySelector('form');
const slot = part('notice');

async function showArea() {
  clearNotice(slot);
  const answer = await requireVolunteer();
  if (answer.kind !== 'signed-in') {
    fill({ hello: 'Volunteers', role: 'Your area opens as soon as we know who you are.' });
    return showTrouble(slot, answer, {
      closed: 'We cannot tell who is signed in for the moment',
      lost: 'We did not get an answer',
      works: 'A call list that is open stays open.',
      again: showArea,
    });
  }
  const { name, county, email, role } = answer.volunteer;
  const title = role === 'captain' ? 'Captain' : 'Volunteer';
  fill({ hello: `Hello, ${firstName(name)}.`, role: `${title}, ${countyName(county)}` });
  form.elements.account.value = email;
  return Promise.all([showTally(), showProgress(), showLeaders(), showEvents()]);
}

async function showTally() {
  const answer = await read('/api/calls/mine');
  if (answer.status === 401) return goToSignIn();
  if (answer.kind !== 'ok') {
    return showTrouble(part('tally-notice'), answer, {
      closed: 'The tally is resting',
      lost: 'We could not fetch your tally',
      works: 'No call is lost: it is counted when the tally is back.',
      again: showTally,
    });
  }
  clearNotice(part('tally-notice'));
  const { today, ever } = answer.body;
  fill({
    calls: count(today.calls),
    reached: count(today.reached),
    supporters: count(today.supporters),
    ever: `${plural(ever.calls, 'call', 'calls')} since you joined, ${plural(ever.supporters, 'supporter', 'supporters')} found.`,
  });
}

async function showProgress() {
  const answer = await read('/api/calls/progress');
  if (answer.kind !== 'ok') return fill({ progress: 'The count is resting. Calling works.' });
  const { people, called, supporters } = answer.body;
  const percent = people === 0 ? 0 : Math.round((100 * called) / people);
  part('meter').setAttribute('aria-valuenow', String(percent));
  part('meter').style.setProperty('--share', `${percent}%`);
  const progress = `${count(called)} of ${plural(people, 'person', 'people')} called, ${count(supporters)} with us.`;
  return fill({ progress });
}

async function showLeaders() {
  const list = part('leaders');
  const note = (text) => list.replaceChildren(element('li', { class: 'note', text }));
  const answer = await read('/api/calls/leaders');
  if (answer.kind !== 'ok') return note('The list is closed while we are busy. Calling is not.');
  if (answer.body.length === 0) return note('Nobody yet this week. Be the first.');
  return list.replaceChildren(
    ...answer.body.slice(0, LEADERS).map(({ name, county, calls }) => {
      const where = element('span', { class: 'muted small', text: ` ${countyName(county)}` });
      const who = element('span', {}, name, where);
      return element('li', {}, who, element('b', { text: count(calls) }));
    }),
  );
}

async function showEvents() {
  const answers = await Promise.all(
    Object.values(signUps()).map((id) => read(`/api/sign-ups/${id}`)),
  );
  const events = answers
    .filter(({ kind }) => kind === 'ok')
    .map(({ body }) => body.event)
    .filter(({ endsAt }) => new Date(endsAt) > new Date())
    .sort((one, other) => one.startsAt.localeCompare(other.startsAt));
  const resting = answers.some(({ kind }) => kind === 'closed' || kind === 'lost');
  const words = resting ? 'Your events cannot be shown just now. ' : 'None yet. ';
  const none = element('li', { class: 'muted' }, words);
  none.append(element('a', { href: '/events/', text: 'See what is on' }));
  part('events').replaceChildren(...(events.length === 0 ? [none] : events.map(eventLine)));
}

function eventLine({ id, title, startsAt, endsAt, place }) {
  const when = `${dayOf(startsAt)}, ${timeSpan(startsAt, endsAt)}, ${place}`;
  return element(
    'li',
    {},
    element('a', { href: `/events/${id}`, text: title }),
    element('p', { class: 'muted', text: when }),
  );
}

async function changePassword(words) {
  const notice = part('password-notice');
  clearNotice(notice);
  const answer = await change('POST', '/api/password', words);
  if (answer.kind === 'ok') {
    form.elements.current.value = '';
    form.elements.next.value = '';
    const text = 'Wherever else you are signed in, you will have to sign in again.';
    return showNotice(notice, 'kept', 'Your password is changed', text);
  }
  if (answer.status === 401) return goToSignIn();
  if (answer.kind === 'refused') {
    const others = showProblems(form, answer.problems);
    if (answer.problems.length > 0 && others.length === 0) return undefined;
    return showNotice(notice, 'failed', answer.title, waitWords(answer) || answer.detail);
  }
  return showTrouble(notice, answer, {
    closed: 'Passwords cannot be changed for the moment',
    lost: 'We do not know whether that went through',
    works:
      answer.kind === 'closed'
        ? 'The present one stays good.'
        : 'Sign in with the new one; if that fails, the present one is still good.',
  });
}

async function signOut() {
  const answer = await change('DELETE', '/api/session');
  if (answer.kind === 'ok') {
    forgetKept();
    return location.assign('/sign-in/?out');
  }
  return showTrouble(slot, answer, {
    closed: 'We could not sign you out',
    lost: 'We could not sign you out',
    works: 'Close the browser if others use this machine: the session ends within 30 minutes.',
    again: signOut,
  });
}

const values = () => ({
  current: form.elements.current.value,
  next: form.elements.next.value,
});
const check = ({ current, next }) => [
  ...missing('current', current, 'Enter your present password.'),
  ...(next.length < 10 ? [{ field: 'next', message: 'Use at least ten characters.' }] : []),
];
bindForm(form, { values, check, submit: changePassword });
part('sign-out').addEventListener('click', signOut);
showArea();

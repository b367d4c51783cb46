/** Fills in what only the day knows: days left, what was raised, who gave, what is on next. */
import { readShared } from '/assets/ask.js';
import { element, fill, part } from '/assets/element.js';
import { clearNotice, showNotice } from '/assets/notice.js';
import { ageWords, count, countyName, dayOf, plural, roundMoney, timeSpan } from '/assets/words.js';

const REFRESH_MS = 15_000;
const LEADERS = 6;
const EVENTS = 3;

/** The first Tuesday after the first Monday of November, this year's or the next one. */
function nextElectionDay(now) {
  for (const year of [now.getFullYear(), now.getFullYear() + 1]) {
    const firstMonday = 1 + ((8 - new Date(year, 10, 1).getDay()) % 7);
    const day = new Date(year, 10, firstMonday + 1, 23, 59);
    if (day >= now) return day;
  }
}

function showCountdown() {
  const now = new Date();
  const days = Math.floor((nextElectionDay(now) - now) / 86_400_000);
  const text = days === 0 ? 'Today is election day' : `${plural(days, 'day', 'days')} to go`;
  document.querySelector('#countdown').textContent = text;
}

async function showTotal() {
  const slot = part('total-notice');
  const answer = await readShared('/api/donations/total');
  if (answer.kind !== 'ok') {
    return showNotice(slot, 'degraded', 'The count is resting', 'Giving works all the same.');
  }
  const { raisedCents, goalCents, gifts, asOf } = answer.body;
  const percent = Math.min(100, Math.round((100 * raisedCents) / goalCents));
  fill({ raised: roundMoney(raisedCents), goal: roundMoney(goalCents), gifts: count(gifts) });
  part('meter').setAttribute('aria-valuenow', String(percent));
  part('meter').style.setProperty('--share', `${percent}%`);
  if (asOf === undefined && answer.oldSeconds === null) return clearNotice(slot);
  const when = asOf === undefined ? `${ageWords(answer.oldSeconds)} ago` : asOf;
  const text = `This is the count from ${when}. Giving works as ever.`;
  return showNotice(slot, 'degraded', 'An earlier count', text);
}

async function showLeaders() {
  const list = part('leaders');
  const answer = await readShared('/api/donations/leaders');
  const note = (text) => element('li', { class: 'note', text });
  if (answer.kind !== 'ok') {
    return list.replaceChildren(note('The list is closed while we are busy. Giving is not.'));
  }
  const leaders = answer.body.slice(0, LEADERS);
  if (leaders.length === 0)
    return list.replaceChildren(note('Nobody yet this week. Be the first.'));
  return list.replaceChildren(
    ...leaders.map(({ name, amountCents }) =>
      element(
        'li',
        {},
        element('span', { text: name }),
        element('b', { text: roundMoney(amountCents) }),
      ),
    ),
    ...(answer.oldSeconds === null ? [] : [note(`As of ${ageWords(answer.oldSeconds)} ago.`)]),
  );
}

async function showEvents() {
  const list = part('events');
  const answer = await readShared('/api/events');
  if (answer.kind !== 'ok') {
    list.replaceChildren();
    const text = 'The rest of the site works. Look again in a minute.';
    return showNotice(part('events-notice'), 'degraded', 'The calendar is resting', text);
  }
  const events = answer.body.events.slice(0, EVENTS);
  if (events.length === 0) {
    list.replaceChildren(element('li', { class: 'empty', text: 'Nothing is planned just now.' }));
    return undefined;
  }
  list.replaceChildren(...events.map(eventCard));
  return showEarlierEvents(answer.oldSeconds);
}

function showEarlierEvents(oldSeconds) {
  const slot = part('events-notice');
  if (oldSeconds === null) return clearNotice(slot);
  const text = `This is how it stood ${ageWords(oldSeconds)} ago.`;
  return showNotice(slot, 'degraded', 'An earlier calendar', text);
}

function eventCard(event) {
  const link = element('a', { href: `/events/${event.id}`, text: event.title });
  const when = `${dayOf(event.startsAt)}, ${timeSpan(event.startsAt, event.endsAt)}`;
  const left =
    event.placesLeft === 0 ? 'Full' : `${plural(event.placesLeft, 'place', 'places')} left`;
  return element(
    'li',
    { class: 'card' },
    element('p', { class: 'when', text: when }),
    element('h3', {}, link),
    element('p', { class: 'muted', text: `${event.place}, ${countyName(event.county)}` }),
    element('p', { class: 'left', text: left }),
  );
}

showCountdown();
showTotal();
showLeaders();
showEvents();
setInterval(() => {
  if (document.visibilityState === 'visible') showTotal();
}, REFRESH_MS);

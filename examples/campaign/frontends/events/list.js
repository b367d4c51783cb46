import { readShared } from '/assets/ask.js';
import { element, part } from '/assets/element.js';
import { clearNotice, showNotice, showTrouble, tryAgain } from '/assets/notice.js';
import { ageWords, countyName, dayOf, plural, timeSpan } from '/assets/words.js';
import { signUpFor } from './sign-ups.js';

const GHOSTS = 6;
const FEW_PLACES = 10;

/** The events that the address asks for: `?county=ashby&kind=canvass&page=2`. */
export async function showList() {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of [...query]) if (value === '') query.delete(name);
  const days = part('days');
  clearNotice(part('list-notice'));
  days.replaceChildren(
    ...Array.from({ length: GHOSTS }, () => element('span', { class: 'ghost row' })),
  );
  const answer = await readShared(`/api/events${query.size === 0 ? '' : `?${query}`}`);
  days.replaceChildren();
  if (answer.kind === 'refused') return location.replace('/events/');
  if (answer.kind !== 'ok') {
    return showTrouble(part('list-notice'), answer, {
      closed: 'The calendar is closed for the moment',
      lost: 'We could not fetch the calendar',
      works: 'Giving and calling work meanwhile.',
      again: showList,
    });
  }
  showAnswer(answer.body, query);
  return showEarlier(answer.oldSeconds);
}

/** Places may have gone meanwhile; signing up is asked of the site itself. */
function showEarlier(oldSeconds) {
  if (oldSeconds === null) return;
  const text = `This is how it stood ${ageWords(oldSeconds)} ago.`;
  showNotice(part('list-notice'), 'degraded', 'An earlier calendar', text, tryAgain(showList));
}

function showAnswer({ events, counties, kinds, total, page, pages }, query) {
  fillSelect('county', 'All counties', counties, query.get('county'));
  fillSelect('kind', 'All kinds', kinds, query.get('kind'));
  part('total').textContent = `${plural(total, 'event', 'events')} ahead`;
  part('days').replaceChildren(...groupByDay(events).map(dayBlock));
  if (events.length === 0) {
    const empty = element('p', { class: 'empty' }, 'Nothing of that kind is planned there. ');
    empty.append(element('a', { href: '/events/', text: 'See everything' }));
    part('days').replaceChildren(empty);
  }
  showPages(page, pages, query);
}

function fillSelect(id, all, options, chosen) {
  document
    .querySelector(`#${id}`)
    .replaceChildren(
      element('option', { value: '', text: all }),
      ...options.map(({ slug, name }) =>
        element('option', { value: slug, text: name, selected: slug === chosen }),
      ),
    );
}

function groupByDay(events) {
  const days = new Map();
  for (const event of events) {
    const day = dayOf(event.startsAt);
    days.set(day, [...(days.get(day) ?? []), event]);
  }
  return [...days];
}

function dayBlock([day, events]) {
  return element(
    'section',
    { class: 'day' },
    element('h2', { text: day }),
    element('ul', { class: 'bare' }, ...events.map(eventRow)),
  );
}

function eventRow(event) {
  const what = element(
    'div',
    { class: 'what' },
    element('h3', {}, element('a', { href: `/events/${event.id}`, text: event.title })),
    element('p', { class: 'muted', text: `${event.place}, ${countyName(event.county)}` }),
  );
  const time = element('p', { class: 'time', text: timeSpan(event.startsAt, event.endsAt) });
  return element('li', { class: 'event' }, time, what, placesLeft(event));
}

function placesLeft({ id, placesLeft: left }) {
  if (signUpFor(id) !== null) {
    return element('p', { class: 'places yours', text: 'You are going' });
  }
  if (left === 0) return element('p', { class: 'places muted', text: 'Full' });
  const few = left <= FEW_PLACES ? ' few' : ' muted';
  return element('p', { class: `places${few}`, text: `${plural(left, 'place', 'places')} left` });
}

function showPages(page, pages, query) {
  if (pages <= 1) return;
  const link = (to, text) => {
    const target = new URLSearchParams(query);
    target.set('page', String(to));
    return element('a', { class: 'button quiet compact', href: `/events/?${target}`, text });
  };
  part('pages').replaceChildren(
    ...(page > 1 ? [link(page - 1, 'Earlier')] : []),
    element('span', { class: 'muted', text: `Page ${page} of ${pages}` }),
    ...(page < pages ? [link(page + 1, 'Later')] : []),
  );
}

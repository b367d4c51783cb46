/** The polling place finder: a ZIP code in the form, or in the address (`/vote/?zip=57801`). */
import { read } from '/assets/ask.js';
import { element, part } from '/assets/element.js';
import { bindForm, showProblems } from '/assets/form.js';
import { clearNotice, showNotice, showTrouble } from '/assets/notice.js';
import { ageWords, countyName, plural, wallTime } from '/assets/words.js';

const form = document.querySelector('form');
const slot = part('notice');
const list = part('places');
const title = part('title');

const values = () => ({ zip: form.elements.zip.value.trim() });
const check = ({ zip }) =>
  /^\d{5}$/.test(zip) ? [] : [{ field: 'zip', message: 'A ZIP code has five digits.' }];

async function find({ zip }) {
  history.replaceState(null, '', `/vote/?zip=${zip}`);
  document.documentElement.classList.add('asked');
  clearNotice(slot);
  title.hidden = true;
  list.replaceChildren(element('li', { class: 'place ghost', text: 'Looking…' }));
  const answer = await read(`/api/polling-places?zip=${zip}`);
  list.replaceChildren();
  if (answer.kind === 'refused') {
    const others = showProblems(form, answer.problems);
    if (others.length < answer.problems.length) return undefined;
  }
  if (answer.kind !== 'ok') {
    return showTrouble(slot, answer, {
      closed: 'The counties’ list does not answer',
      lost: 'We could not look that up',
      works: 'Your polling place stands on the card the county sent you.',
      again: () => find({ zip }),
    });
  }
  return showPlaces(answer.body);
}

function showPlaces({ zip, places, fresh, ageSeconds }) {
  if (places.length === 0) {
    const text = 'Look at the five digits again: ZIP codes of this state begin with 578.';
    return showNotice(slot, 'info', `We know no polling place for ${zip}`, text);
  }
  if (!fresh) {
    const text =
      `This is what the list said ${ageWords(ageSeconds)} ago. Places rarely change so close to ` +
      'the day; look again before you go.';
    showNotice(slot, 'degraded', 'The counties’ list does not answer just now', text);
  }
  title.textContent = plural(places.length, 'polling place', 'polling places');
  title.hidden = false;
  list.replaceChildren(...places.map(placeCard));
  return title.focus({ preventScroll: true });
}

function placeCard(place) {
  const facts = [
    ['Open', `${wallTime(place.opens)} to ${wallTime(place.closes)}`],
    ['Step-free', place.accessible ? 'yes' : 'no, ask for the ramp'],
    ['Parking', place.parking ? 'yes' : 'on the street'],
  ];
  return element(
    'li',
    { class: 'place' },
    element('h3', { text: place.name }),
    element('p', { text: `${place.address} · ${countyName(place.county)}` }),
    element(
      'dl',
      {},
      ...facts.map(([term, fact]) =>
        element('div', {}, element('dt', { text: term }), element('dd', { text: fact })),
      ),
    ),
  );
}

bindForm(form, { values, check, submit: find });
const asked = new URLSearchParams(location.search).get('zip');
if (asked !== null) {
  form.elements.zip.value = asked;
  form.requestSubmit();
}

import { element, fill, part } from '/assets/element.js';
import { clockTime, countyName, firstName, plural } from '/assets/words.js';
import { outcomes, outcomeWords } from './outcomes.js';

const note = document.querySelector('#note');

/** Runs `record` with an outcome for its button, and for its number while nothing is typed. */
export function onOutcome(record) {
  part('choices').replaceChildren(
    ...outcomes.map(({ outcome, words, kind }, index) => {
      const key = element('kbd', { 'aria-hidden': 'true', text: String(index + 1) });
      const shortcut = { 'aria-keyshortcuts': String(index + 1), 'data-outcome': outcome };
      const button = element(
        'button',
        { class: `choice ${kind}`, type: 'button', 'aria-disabled': 'true', ...shortcut },
        key,
        words,
      );
      button.addEventListener('click', () => {
        if (button.getAttribute('aria-disabled') !== 'true') record(outcome);
      });
      return button;
    }),
  );
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    if (event.target === note) {
      if (event.key === 'Escape') part('name').focus();
      return;
    }
    // Whoever speaks to the machine, or strikes a key by mistake, can switch single keys off.
    if (!part('use-keys').checked) return;
    if (event.key === 'n' || event.key === 'N') {
      event.preventDefault();
      note.focus();
      return;
    }
    part('choices').children[Number(event.key) - 1]?.click();
  });
}

/** Whether an outcome can be recorded now. */
export function setReady(isReady) {
  for (const button of part('choices').children) {
    button.setAttribute('aria-disabled', String(!isReady));
  }
}

/** A person who was claimed, and what to say first; without a script the page has its own. */
export function showPerson({ person, heldUntil }, script) {
  const { name, phone, county, precinct, age, language, tries } = person;
  part('work').classList.remove('is-resting');
  fill({
    name,
    phone,
    where: `${countyName(county)} · precinct ${precinct}`,
    age: String(age),
    language,
    tries: tries === 0 ? 'never' : plural(tries, 'time', 'times'),
    remark: person.note ?? '',
    held: `Yours until ${clockTime(heldUntil)}; then somebody else may call.`,
    'say-name': firstName(name),
    'say-county': countyName(county),
  });
  if (script !== undefined) part('script').textContent = script;
  part('phone').href = `tel:${phone.replace(/[^\d+]/g, '')}`;
  part('remark').hidden = person.note === null;
  const { activeElement } = document;
  // The next name is read aloud; nobody is taken away from where they stand on first sight.
  if (activeElement?.closest('[data-choices]') !== null) part('name').focus();
}

/** In place of a person: nobody is there to call, and why. */
export function showNobody(why) {
  part('work').classList.add('is-resting');
  fill({ name: why, where: '', phone: '', age: '–', language: '–', tries: '–', held: '' });
  part('phone').removeAttribute('href');
  part('remark').hidden = true;
}

export function showTally({ today, recent }) {
  const { calls, reached, supporters } = today;
  fill({
    calls: String(calls),
    reached: String(reached),
    supporters: String(supporters),
  });
  if (recent.length === 0) return;
  part('recent').replaceChildren(
    ...recent.map(({ name, outcome, recordedAt }) => {
      const time = clockTime(recordedAt);
      const words = element('span', {}, `${name} `);
      words.append(element('span', { class: 'muted', text: outcomeWords(outcome).toLowerCase() }));
      return element('li', {}, words, element('span', { class: 'muted number', text: time }));
    }),
  );
}

/**
 * The phone bank. One person at a time: claim, call, record, next. What was recorded but not taken
 * stays on the page until it is; nobody's call is thrown away.
 */
import { change, read, send } from '/assets/ask.js';
import { part } from '/assets/element.js';
import { clearNotice, showNotice, showTrouble, tryAgain } from '/assets/notice.js';
import { goToSignIn, requireVolunteer } from '/assets/session.js';
import { firstName } from '/assets/words.js';
import { outcomeWords } from './outcomes.js';
import { onOutcome, setReady, showNobody, showPerson, showTally } from './person.js';

const slot = part('notice');
const note = document.querySelector('#note');
/** Stands in the script until we know who calls. */
let caller = '…';
let claim = null;
let busy = false;

async function begin() {
  clearNotice(slot);
  const answer = await requireVolunteer();
  if (answer.kind === 'signed-in') {
    caller = firstName(answer.volunteer.name);
    part('script').textContent = part('script').textContent.replace('…', caller);
  }
  // Others verify a session without asking who issued it: calling works while that one is down.
  return Promise.all([next(), tally()]);
}

async function next() {
  setReady(false);
  claim = null;
  const answer = await change('POST', '/api/calls/claims');
  if (answer.status === 401) return goToSignIn();
  if (answer.kind !== 'ok') {
    showNobody('The list is resting');
    return showTrouble(slot, answer, {
      closed: 'There is no next person for the moment',
      lost: 'We could not fetch the next person',
      works: 'What you have recorded is safe.',
      again: again(next),
    });
  }
  claim = answer.body.claim;
  if (claim === null) {
    showNobody('Everybody has been called');
    const text = 'Thank you. Come back in ten minutes: people who are held now may be free again.';
    return showNotice(slot, 'info', 'Nobody is left on the list', text, tryAgain(again(next)));
  }
  note.value = '';
  showPerson(claim, answer.body.script?.replace('…', caller));
  return setReady(true);
}

async function tally() {
  const answer = await read('/api/calls/mine');
  if (answer.kind === 'ok') showTally(answer.body);
}

/** Records what came of the call. The claim is the authority, so an ended session loses nothing. */
async function record(outcome) {
  if (busy || claim === null) return;
  busy = true;
  setReady(false);
  const call = { claim: claim.id, outcome, note: note.value.trim() };
  const answer = await send(`call:${claim.id}`, '/api/calls', call);
  busy = false;
  if (answer.kind === 'refused' && answer.status !== 404 && answer.code !== 'recorded') {
    setReady(true);
    const text = answer.problems.map(({ message }) => message).join(' ') || answer.detail;
    showNotice(slot, 'failed', 'This call could not be recorded', text);
    return;
  }
  if (answer.kind === 'closed' || answer.kind === 'lost') {
    showTrouble(slot, answer, {
      closed: 'This call is not recorded yet',
      lost: 'This call is not recorded yet',
      works: `“${outcomeWords(outcome)}” stays on this page. Send it again before you go on.`,
      again: () => record(outcome),
    });
    setReady(true);
    return;
  }
  tellRecorded(answer, outcome);
  await Promise.all([next(), tally()]);
}

function tellRecorded(answer, outcome) {
  const name = claim.person.name;
  const words = `${name}: ${outcomeWords(outcome).toLowerCase()}`;
  if (answer.kind === 'ok') showNotice(slot, 'kept', 'Recorded', words);
  else if (answer.kind === 'kept') {
    showNotice(slot, 'kept', 'Kept, and counted later', `${words}. You can go on calling.`);
  } else {
    const text = 'Somebody else has recorded a call to this person, or the list has changed.';
    showNotice(slot, 'info', `${name} is off the list already`, text);
  }
}

async function handBack() {
  if (busy || claim === null) return;
  busy = true;
  const answer = await change('DELETE', `/api/calls/claims/${claim.id}`);
  busy = false;
  if (answer.status === 401) return goToSignIn();
  if (answer.kind === 'ok' || answer.status === 404) {
    showNotice(slot, 'info', 'Handed back', `${claim.person.name} goes to another caller.`);
    return next();
  }
  return showTrouble(slot, answer, {
    closed: 'This person cannot be handed back for the moment',
    lost: 'We did not get an answer',
    works: 'Ten minutes after you took them, they go back by themselves.',
  });
}

const again = (run) => () => {
  clearNotice(slot);
  return run();
};

onOutcome(record);
part('hand-back').addEventListener('click', handBack);
begin();

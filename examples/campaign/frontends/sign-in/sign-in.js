/** Signing in, and on to where somebody wanted to go (`?next=`, paths of this site only). */
import { change } from '/assets/ask.js';
import { part } from '/assets/element.js';
import { bindForm, emailProblem, missing, showProblems } from '/assets/form.js';
import { clearNotice, showNotice, showTrouble, waitWords } from '/assets/notice.js';
import { safeNext } from '/assets/session.js';

const form = document.querySelector('form');
const slot = part('notice');
const query = new URLSearchParams(location.search);
const next = safeNext(query.get('next'), '/volunteer/');
const loopback = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/;

const values = () => ({
  email: form.elements.email.value.trim(),
  password: form.elements.password.value,
});
const check = ({ email, password }) => [
  ...emailProblem(email),
  ...missing('password', password, 'Enter your password.'),
];

async function signIn(words) {
  clearNotice(slot);
  const answer = await change('POST', '/api/session', words);
  if (answer.kind === 'ok') return location.replace(next);
  if (answer.kind === 'refused') return showRefused(answer);
  return showTrouble(slot, answer, {
    closed: 'Nobody can sign in for the moment',
    lost: 'We did not get an answer',
    works: 'Whoever is signed in stays so, and giving and events work.',
  });
}

function showRefused(answer) {
  const others = showProblems(form, answer.problems);
  if (answer.problems.length > 0 && others.length === 0) return;
  const text = [answer.detail, waitWords(answer)].filter((words) => words !== '').join(' ');
  showNotice(slot, 'failed', answer.title, text);
  if (answer.status === 401) {
    form.elements.password.value = '';
    form.elements.password.focus();
  }
}

bindForm(form, { values, check, submit: signIn });
part('fill').addEventListener('click', () => {
  form.elements.email.value = 'grace@marlowe.example';
  form.elements.password.value = 'every-vote-counts';
  form.querySelector('[type="submit"]').focus();
});
part('demo').hidden = !loopback.test(location.hostname);
if (query.has('out')) showNotice(slot, 'info', 'You are signed out', 'Thank you for your time.');

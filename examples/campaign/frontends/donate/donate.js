/** The donate form. Pressing the button twice, or again after an error, never gives twice. */
import { send } from '/assets/ask.js';
import { fill, part } from '/assets/element.js';
import { bindForm, emailProblem, missing, showProblems } from '/assets/form.js';
import { clearNotice, showNotice, showTrouble } from '/assets/notice.js';
import { firstName, money } from '/assets/words.js';

const form = document.querySelector('form');
const slot = part('notice');

/** The amount in whole cents, or NaN for what is no amount. */
function amountCents() {
  const choice = form.elements.choice.value;
  if (choice !== 'other') return Number(choice);
  const typed = form.elements.amount.value.trim().replace(/^\$/, '').replaceAll(',', '');
  return /^\d+(\.\d{1,2})?$/.test(typed) ? Math.round(Number(typed) * 100) : Number.NaN;
}

function showAmount() {
  const isOther = form.elements.choice.value === 'other';
  form.querySelector('[data-field="amount"]').hidden = !isOther;
  const cents = amountCents();
  part('amount-label').textContent = Number.isNaN(cents) || cents === 0 ? '' : money(cents);
}

const values = () => ({
  amount: amountCents(),
  currency: 'USD',
  name: form.elements.name.value.trim(),
  email: form.elements.email.value.trim(),
  public: form.elements.public.checked,
});

/** What the page itself can tell before it asks the service. */
const check = ({ amount, name, email }) => [
  ...(Number.isNaN(amount) || amount < 100
    ? [{ field: 'amount', message: 'Enter an amount from $1, such as 35 or 12.50.' }]
    : []),
  ...missing('name', name, 'Tell us your name.'),
  ...emailProblem(email),
];

async function give(gift) {
  clearNotice(slot);
  const answer = await send('gift', '/api/donations', gift);
  if (answer.kind === 'ok') return showThanks(gift, answer.body.id);
  if (answer.kind === 'kept') return showKept(gift);
  if (answer.kind === 'refused') {
    const others = showProblems(form, answer.problems);
    const text = others.map(({ message }) => message).join(' ') || answer.detail;
    if (answer.problems.length > 0 && others.length === 0) return undefined;
    return showNotice(slot, 'failed', 'We could not take this', text);
  }
  return showTrouble(slot, answer, {
    closed: 'Giving is closed for the moment',
    lost: 'We do not know yet whether that went through',
    works:
      answer.kind === 'closed'
        ? 'Nothing was taken, and what you typed stays here.'
        : 'Press the button again: your gift is taken only once.',
  });
}

function showThanks(gift, id) {
  const thanks = part('thanks');
  const texts = { name: firstName(gift.name), amount: money(gift.amount), email: gift.email, id };
  fill(texts, thanks);
  part('form').hidden = true;
  thanks.hidden = false;
  thanks.focus();
}

function showKept(gift) {
  const words =
    'Your gift is kept safe and will be confirmed by email. You need not do anything, ' +
    'and there is no need to give again.';
  fill({ words });
  showThanks(gift, 'Comes with the confirmation');
}

form.addEventListener('input', showAmount);
bindForm(form, { values, check, submit: give });
showAmount();

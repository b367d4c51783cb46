/**
 * A form whose mistakes are told beside the field. `check` looks at the values before anything is
 * sent and returns `{ field, message }` for each mistake; `submit` sends them. While it does, the
 * button stays focusable and a second press does nothing.
 */
export function bindForm(form, { values, check, submit }) {
  const button = form.querySelector('[type="submit"]');
  for (const field of form.querySelectorAll('[data-field]')) connectMessage(field);
  form.noValidate = true;
  form.addEventListener('input', ({ target }) => {
    const field = target.closest('[data-field]');
    if (field !== null && field.querySelector('.wrong').textContent !== '') showProblem(field, '');
  });
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (button.getAttribute('aria-disabled') === 'true') return;
    const sent = values(form);
    const problems = check(sent);
    showProblems(form, problems);
    if (problems.length > 0) return;
    button.setAttribute('aria-disabled', 'true');
    try {
      await submit(sent);
    } finally {
      button.removeAttribute('aria-disabled');
    }
  });
}

/**
 * Tells each problem beside its field and takes the reader to the first; returns those that belong
 * to no field of this form.
 */
export function showProblems(form, problems) {
  for (const field of form.querySelectorAll('[data-field]')) {
    showProblem(field, problems.find((p) => p.field === field.dataset.field)?.message ?? '');
  }
  form.querySelector('[aria-invalid="true"]')?.focus();
  return problems.filter(({ field }) => form.querySelector(`[data-field="${field}"]`) === null);
}

export const emailProblem = (email) =>
  /^\S+@\S+\.\S+$/.test(email)
    ? []
    : [{ field: 'email', message: 'Enter an address like ada@example.org.' }];

export const missing = (field, value, message) => (value === '' ? [{ field, message }] : []);

function showProblem(field, message) {
  field.querySelector('.wrong').textContent = message;
  controlOf(field).setAttribute('aria-invalid', String(message !== ''));
}

function connectMessage(field) {
  const control = controlOf(field);
  const message = field.querySelector('.wrong');
  message.id = `${control.id}-wrong`;
  message.setAttribute('role', 'alert');
  const described = control.getAttribute('aria-describedby');
  control.setAttribute('aria-describedby', [described, message.id].filter(Boolean).join(' '));
}

const controlOf = (field) => field.querySelector('input, select, textarea');

// Keeps a page up to date: asks what its part marked data-live-from names, and when something of it
// changed fetches the page again and puts the parts marked data-live in place. Without it the page
// is complete, only not live.

const everyMs = 2000;
/** Values that change all the time and mean nothing by themselves. */
const restless = new Set(['asOf', 'uptimeMs']);

const live = document.querySelector('[data-live-from]');
const pause = document.querySelector('#pause');
const announcement = document.querySelector('#announcement');
const lost = document.querySelector('#lost');

let paused = false;
let shown = '';
let lastAnswer = new Date();
/** How far this clock is ahead of the one the status was made by; no two machines agree. */
let aheadMs = 0;

/** The same words as shortDuration in server/words.ts. */
function shortDuration(durationMs) {
  const seconds = Math.max(0, Math.floor(durationMs / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** Puts fresh parts in place of old ones; what was open stays open, what had the focus keeps it. */
function replaceLiveParts(fresh) {
  const open = new Set([...document.querySelectorAll('details[open][id]')].map(({ id }) => id));
  const known = new Set([...document.querySelectorAll('details[id]')].map(({ id }) => id));
  const focused = focusedAddress();
  for (const part of document.querySelectorAll('[data-live]')) {
    const next = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
    if (next !== null) part.replaceChildren(...next.childNodes);
  }
  for (const details of document.querySelectorAll('details[id]')) {
    if (known.has(details.id)) details.open = open.has(details.id);
  }
  if (focused !== null) document.querySelector(focused)?.focus({ preventScroll: true });
}

/** A selector that finds the focused element again in the fresh page. */
function focusedAddress() {
  const element = document.activeElement;
  if (element?.closest('[data-live]') === null || element === document.body) return null;
  if (element.matches('summary')) return `#${CSS.escape(element.parentElement.id)} > summary`;
  const label = element.getAttribute('aria-label');
  if (label !== null) return `[aria-label="${CSS.escape(label)}"]`;
  const href = element.getAttribute('href');
  return href === null ? null : `[data-live] a[href="${CSS.escape(href)}"]`;
}

async function fetchJson(path, options) {
  const answer = await fetch(path, options);
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return answer.json();
}

/** What a page is made of is told by its first address with the time of it. */
async function refresh() {
  const options = { cache: 'no-store', signal: AbortSignal.timeout(5000) };
  const asked = live.dataset.liveFrom.split(' ').map((path) => fetchJson(path, options));
  const told = await Promise.all(asked);
  aheadMs = Date.now() - Date.parse(told[0].asOf);
  const status = JSON.stringify(told, (key, value) => (restless.has(key) ? undefined : value));
  if (status === shown) return;
  const page = await fetch(location.pathname, options);
  if (!page.ok) throw new Error(`status ${page.status}`);
  const fresh = new DOMParser().parseFromString(await page.text(), 'text/html');
  const before = document.querySelector('[data-announce]')?.dataset.announce;
  replaceLiveParts(fresh);
  document.title = fresh.title;
  shown = status;
  const now = document.querySelector('[data-announce]')?.dataset.announce ?? '';
  if (before !== now) announcement.textContent = now;
}

function tick() {
  for (const time of document.querySelectorAll('[data-since]')) {
    time.textContent = shortDuration(Date.now() - aheadMs - Date.parse(time.dataset.since));
  }
  const age = document.querySelector('[data-live="age"]');
  if (age !== null) {
    age.textContent = paused ? 'Paused' : `Live, last answer ${lastAnswer.toLocaleTimeString()}`;
  }
}

async function poll() {
  if (!paused && !document.hidden) {
    try {
      await refresh();
      lastAnswer = new Date();
      lost.hidden = true;
    } catch {
      // Whatever went wrong, the truth is the same: this page is no longer up to date.
      lost.textContent = `The controller has not answered since ${lastAnswer.toLocaleTimeString()}: what you see is as old as that. Workers and instances go on without it.`;
      lost.hidden = false;
    }
    tick();
  }
  setTimeout(poll, everyMs);
}

if (live !== null) {
  pause.hidden = false;
  pause.addEventListener('click', () => {
    paused = !paused;
    pause.setAttribute('aria-pressed', String(paused));
    pause.textContent = paused ? 'Go on' : 'Pause';
    tick();
  });
  document.addEventListener('visibilitychange', tick);
  void poll();
}

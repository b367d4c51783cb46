/** The state's own time: an event in Ashby begins when the clock in Ashby says so. */
const timeZone = 'America/Chicago';

const dollars = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD' });
const wholeDollars = new Intl.NumberFormat('en-US', {
  style: 'currency',
  currency: 'USD',
  maximumFractionDigits: 0,
});
const whole = new Intl.NumberFormat('en-US');
const longDay = new Intl.DateTimeFormat('en-US', {
  weekday: 'long',
  month: 'long',
  day: 'numeric',
  timeZone,
});
const clock = new Intl.DateTimeFormat('en-US', { hour: 'numeric', minute: '2-digit', timeZone });

/** `$12.50`, and `$12` where there are no cents. */
export function money(cents) {
  return (cents % 100 === 0 ? wholeDollars : dollars).format(cents / 100);
}

export const roundMoney = (cents) => wholeDollars.format(cents / 100);
export const count = (number) => whole.format(number);
export const plural = (number, one, many) => `${count(number)} ${number === 1 ? one : many}`;
export const dayOf = (time) => longDay.format(new Date(time));
export const clockTime = (time) => clock.format(new Date(time)).replace(':00', '');

/** `6–8 PM`, `11 AM–1 PM`. */
export function timeSpan(from, to) {
  const [start, end] = [clockTime(from), clockTime(to)];
  const sameHalf = start.slice(-2) === end.slice(-2);
  return `${sameHalf ? start.slice(0, -3) : start}–${end}`;
}

/** `20:00` as a clock on the wall says it: `8 PM`. */
export function wallTime(text) {
  const [hour, minute] = text.split(':').map(Number);
  const minutes = minute === 0 ? '' : `:${String(minute).padStart(2, '0')}`;
  return `${hour % 12 === 0 ? 12 : hour % 12}${minutes} ${hour < 12 ? 'AM' : 'PM'}`;
}

export const countyName = (slug) => `${slug[0].toUpperCase()}${slug.slice(1)} County`;
export const firstName = (name) => name.split(' ')[0];

/** How long ago, roughly: `4 minutes`, `2 hours`, `3 days`. */
export function ageWords(seconds) {
  const steps = [
    [86_400, 'day', 'days'],
    [3_600, 'hour', 'hours'],
    [60, 'minute', 'minutes'],
  ];
  const [unit, one, many] = steps.find(([size]) => seconds >= size) ?? [1, 'second', 'seconds'];
  return plural(Math.max(1, Math.round(seconds / unit)), one, many);
}

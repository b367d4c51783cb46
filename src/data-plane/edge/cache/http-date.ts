/** A date in HTTP (RFC 9110 5.6.7) as milliseconds since the epoch; null for anything else. */
export function readHttpDate(text: string): number | null {
  for (const form of forms) {
    const parts = form.exec(text)?.groups;
    if (parts !== undefined) return toMs(parts as unknown as DateParts);
  }
  return null;
}

interface DateParts {
  readonly day: string;
  readonly month: string;
  readonly year: string;
  readonly time: string;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const month = `(?<month>${months.join('|')})`;
const time = String.raw`(?<time>\d\d:\d\d:\d\d)`;
const shortDay = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const longDay = '(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day';

/** IMF-fixdate, then the two that only old senders write. All are in GMT. */
const forms = [
  new RegExp(String.raw`^${shortDay}, (?<day>\d\d) ${month} (?<year>\d{4}) ${time} GMT$`),
  new RegExp(String.raw`^${longDay}, (?<day>\d\d)-${month}-(?<year>\d\d) ${time} GMT$`),
  new RegExp(String.raw`^${shortDay} ${month} (?<day>[ \d]\d) ${time} (?<year>\d{4})$`),
];

function toMs({ day, month, year, time }: DateParts): number | null {
  const [hour = 0, minute = 0, second = 0] = time.split(':').map(Number);
  const dayOfMonth = Number(day);
  // A leap second is the last one there is.
  if (dayOfMonth < 1 || hour > 23 || minute > 59 || second > 60) return null;
  const monthIndex = months.indexOf(month);
  const ms = Date.UTC(fullYear(year), monthIndex, dayOfMonth, hour, minute, Math.min(second, 59));
  // 31 February would be some day in March.
  return new Date(ms).getUTCMonth() === monthIndex ? ms : null;
}

/** A year of two digits that seems to be more than 50 years ahead is the one a century before. */
function fullYear(text: string): number {
  if (text.length === 4) return Number(text);
  const thisYear = new Date().getUTCFullYear();
  const year = thisYear - (thisYear % 100) + Number(text);
  return year > thisYear + 50 ? year - 100 : year;
}

/** An address that downloads the event as a calendar entry (RFC 5545). */
export function calendarLink({ id, title, place, address, startsAt, endsAt }) {
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Marlowe for Governor//Events//EN',
    'BEGIN:VEVENT',
    `UID:${id}@marlowe.example`,
    `DTSTAMP:${stamp(new Date())}`,
    `DTSTART:${stamp(startsAt)}`,
    `DTEND:${stamp(endsAt)}`,
    `SUMMARY:${escape(title)}`,
    `LOCATION:${escape(`${place}, ${address}`)}`,
    'END:VEVENT',
    'END:VCALENDAR',
    '',
  ];
  return `data:text/calendar;charset=utf-8,${encodeURIComponent(lines.join('\r\n'))}`;
}

const stamp = (time) => new Date(time).toISOString().replace(/[-:]|\.\d{3}/g, '');
const escape = (text) => text.replace(/[\\;,]/g, '\\$&').replaceAll('\n', '\\n');

import type { Transaction } from 'turnout/sdk';
import { chanceOf, type Chance } from '../../shared/chance.ts';
import { counties, type County } from '../../shared/counties.ts';
import { inventName, shortName } from '../../shared/invented-people.ts';
import { venuesOf } from '../../shared/venues.ts';
import { TIME_ZONE, type kinds } from './event.ts';

/** With fewer to come the calendar looks deserted, and is filled again. */
const FEWEST = 30;
const DAYS = 35;
const MOST_IN_A_COUNTY = 10;
const DAY_MS = 24 * 3_600_000;
/** The state's clocks are six hours behind, in winter. */
const STANDARD_TIME_MS = 6 * 3_600_000;

interface Template {
  readonly kind: (typeof kinds)[number]['slug'];
  readonly title: string;
  readonly about: string;
  /** By the clock on the wall. */
  readonly hours: readonly number[];
  readonly minutes: number;
  readonly places: readonly number[];
  /** Held on Saturdays and Sundays, as most doors are. */
  readonly weekend?: true;
}

const templates: readonly Template[] = [
  {
    kind: 'town-hall',
    title: 'Town hall with Rosa Marlowe',
    about:
      'Rosa takes questions until the caretaker puts the chairs away. Child care and ' +
      'interpreters are there; tell us at the door.',
    hours: [18, 19],
    minutes: 120,
    places: [80, 120, 200],
  },
  {
    kind: 'canvass',
    title: 'Weekend doors',
    about:
      'Two hours of knocking in pairs, with a list, a map and somebody who has done it ' +
      'before. Wear shoes you like.',
    weekend: true,
    hours: [9, 10, 13],
    minutes: 150,
    places: [16, 24, 40],
  },
  {
    kind: 'canvass',
    title: 'Evening doors before the rain',
    about:
      'A short list close by, done before dark. Literature, water and headlamps are at the ' +
      'table.',
    hours: [16, 17],
    minutes: 120,
    places: [12, 20],
  },
  {
    kind: 'phone-bank',
    title: 'Phone bank and soup',
    about:
      'Bring a phone and a charger; we bring the list, the words to begin with, and two ' +
      'kinds of soup.',
    hours: [17, 18],
    minutes: 150,
    places: [15, 25, 30],
  },
  {
    kind: 'rally',
    title: 'Rally for the clinics',
    about:
      'Nurses, a brass band and Rosa Marlowe, in that order. Gates open an hour before; ' +
      'leave bags at home.',
    weekend: true,
    hours: [11, 15],
    minutes: 120,
    places: [400, 800],
  },
  {
    kind: 'training',
    title: 'First time? Learn in an hour',
    about:
      'How a call goes, what to say at a door, and what to do when somebody is angry. No ' +
      'papers, no test.',
    hours: [12, 18],
    minutes: 75,
    places: [20, 30],
  },
  {
    kind: 'ride-share',
    title: 'Drivers for election day',
    about:
      'We match drivers with neighbours who need a ride to the polls. Bring your license ' +
      'and tell us how many seats you have.',
    hours: [10, 17],
    minutes: 60,
    places: [20, 35],
  },
];

/** Fills an empty calendar with the weeks to come, and returns how many events there are new. */
export async function seedEvents(tx: Transaction, nowMs: number): Promise<number> {
  const [found] = await tx.query<{ upcoming: number }>(
    'select count(*)::int as upcoming from events where starts_at > now()',
  );
  if ((found?.upcoming ?? 0) >= FEWEST) return 0;
  // Another week, another calendar; within a week the same on every machine.
  const chance = chanceOf(Math.floor(nowMs / (7 * DAY_MS)));
  const events = counties.flatMap((county) => eventsOf(county, chance, nowMs));
  const rows = await tx.query(
    `insert into events
       (id, title, kind, county, place, address, about, host, starts_at, ends_at, places, taken)
     select county || '-' || kind || '-' || to_char(day, 'MMDD'), title, kind, county, place,
            address, about, host, at, at + make_interval(mins => minutes), places, taken
     from jsonb_to_recordset($1::jsonb) as seed(title text, kind text, county text, place text,
            address text, about text, host text, ahead int, hour int, minutes int, places int,
            taken int),
          lateral (select (now() at time zone '${TIME_ZONE}')::date + ahead as day) as days,
          lateral (select (day + make_interval(hours => hour)) at time zone '${TIME_ZONE}' as at)
            as times
     on conflict (id) do nothing returning id`,
    [JSON.stringify(events)],
  );
  return rows.length;
}

function eventsOf(county: County, chance: Chance, nowMs: number): readonly object[] {
  const venues = venuesOf(county);
  const count = Math.max(4, Math.round(county.size * MOST_IN_A_COUNTY));
  return Array.from({ length: count }, () => {
    const { hours, places: sizes, weekend = false, ...template } = chance.one(templates);
    const venue = chance.one(venues);
    const places = chance.one(sizes);
    // Every ninth or so is full, as some evenings are.
    const taken = Math.min(places, Math.floor((places * chance.below(112)) / 100));
    return {
      ...template,
      county: county.slug,
      place: venue.name,
      address: venue.address,
      host: shortName(inventName(chance)),
      ahead: daysAhead(1 + chance.below(DAYS), weekend, nowMs),
      hour: chance.one(hours),
      places,
      taken,
    };
  });
}

/** The same day, or for weekends the next Saturday or Sunday. */
function daysAhead(days: number, weekend: boolean, nowMs: number): number {
  const weekday = new Date(nowMs - STANDARD_TIME_MS + days * DAY_MS).getUTCDay();
  if (!weekend || weekday === 0 || weekday === 6) return days;
  return days + 6 - weekday;
}

import type { Transaction } from 'turnout/sdk';
import { chanceOf, type Chance } from '../../shared/chance.ts';
import { counties, type County } from '../../shared/counties.ts';
import { demoVolunteers } from '../../shared/demo-volunteers.ts';
import { inventName } from '../../shared/invented-people.ts';
import { outcomes } from './outcome.ts';
import { TIME_ZONE } from './tally-store.ts';

const PEOPLE_OF_LARGEST = 280;
const CALLS_MADE = 420;
const PRECINCTS = 12;
/** Nobody is called before ten or after half past eight. */
const FIRST_MINUTE = 10 * 60;
const MINUTES = 630;
/** A county's own, of those that the numbering plan gives to nobody. */
const FIRST_AREA_CODE = 291;
const languages = ['English', 'English', 'English', 'English', 'Spanish', 'Spanish', 'Hmong'];
const notes = [
  'Asked about clinic hours in September.',
  'Works nights; best before two.',
  'Wants a yard sign.',
  'Signed the petition about the river.',
  'Gave at the county fair.',
  'Has a bus to catch: be brief.',
  'Mother of two, asked about school lunches.',
  'Came to a town hall.',
];
/** How often a call ends how, out of a hundred; in the order of `outcomes`. */
const shares = [24, 12, 11, 9, 36, 5, 3];

/**
 * Fills an empty list with people to call, and with the calls of the last ten days, the same on
 * every machine; returns how many people there are new. All are invented, and their numbers are of
 * the range that is kept free for fiction (555-0100 to 555-0199).
 */
export async function seedCalls(tx: Transaction): Promise<number> {
  const [found] = await tx.query<{ empty: boolean }>(
    'select not exists (select from people) as empty',
  );
  if (found?.empty !== true) return 0;
  const chance = chanceOf(555_0142);
  const people = counties.flatMap((county) => peopleOf(county, chance));
  await tx.query(
    `insert into people (position, name, phone, county, precinct, age, language, note)
     select * from jsonb_to_recordset($1::jsonb) as seed(position int, name text, phone text,
       county text, precinct text, age int, language text, note text)`,
    [JSON.stringify(people)],
  );
  await seedCallsMade(tx, chance);
  return people.length;
}

function peopleOf(county: County, chance: Chance): readonly object[] {
  const areaCode = FIRST_AREA_CODE + counties.indexOf(county);
  return Array.from({ length: Math.round(county.size * PEOPLE_OF_LARGEST) }, () => ({
    position: chance.below(1_000_000),
    name: inventName(chance),
    phone: `(${areaCode}) 555-01${String(chance.below(100)).padStart(2, '0')}`,
    county: county.slug,
    precinct: `${county.name} ${1 + chance.below(PRECINCTS)}`,
    age: 18 + chance.below(40) + chance.below(35),
    language: chance.one(languages),
    note: chance.below(4) === 0 ? chance.one(notes) : null,
  }));
}

/** Volunteers call people in the order of the list; some of them far more than others. */
async function seedCallsMade(tx: Transaction, chance: Chance): Promise<void> {
  const volunteers = demoVolunteers();
  const made = Array.from({ length: CALLS_MADE }, (_, place) => {
    const volunteer = volunteers[Math.min(chance.below(24), chance.below(24))] ?? volunteers[0];
    return {
      place: place + 1,
      volunteer: volunteer?.id,
      name: volunteer?.name,
      county: volunteer?.county,
      outcome: drawOutcome(chance),
      daysAgo: chance.below(10),
      minute: FIRST_MINUTE + chance.below(MINUTES),
    };
  });
  await tx.query(
    `with ordered as (
       select id, row_number() over (order by position, id) as place from people
     ), made as (
       select ordered.id as person, gen_random_uuid() as claim, call.*,
              case when today < now() then today else today - interval '1 day' end as at
       from jsonb_to_recordset($1::jsonb) as call(place int, volunteer uuid, name text,
              county text, outcome text, "daysAgo" int, minute int) join ordered using (place),
            lateral (select ((now() at time zone '${TIME_ZONE}')::date - "daysAgo"
              + make_interval(mins => minute)) at time zone '${TIME_ZONE}' as today) as times
     ), claimed as (
       insert into claims (id, person_id, volunteer_id, volunteer_name, county, made_at)
       select claim, person, volunteer, name, county, at from made
     ), called as (
       insert into calls (claim_id, person_id, volunteer_id, volunteer_name, county, outcome, note,
                          recorded_at)
       select claim, person, volunteer, name, county, outcome, '', at from made
     )
     update people p set
       state = case made.outcome when 'no-answer' then 'open' when 'do-not-call' then 'never'
                                 else 'done' end,
       tries = case made.outcome when 'no-answer' then 1 else 0 end
     from made where p.id = made.person`,
    [JSON.stringify(made)],
  );
}

function drawOutcome(chance: Chance): string {
  let left = chance.below(shares.reduce((sum, share) => sum + share, 0));
  const drawn = outcomes.find((_, index) => {
    left -= shares[index] ?? 0;
    return left < 0;
  });
  return drawn ?? 'no-answer';
}

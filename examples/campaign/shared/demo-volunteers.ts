import { createHash } from 'node:crypto';
import { chanceOf } from './chance.ts';
import { counties } from './counties.ts';
import { inventName } from './invented-people.ts';

const OTHERS = 20;
const named = [
  { name: 'Grace Nakamura', county: 'ashby', role: 'volunteer' },
  { name: 'Omar Castillo', county: 'calder', role: 'volunteer' },
  { name: 'Lena Whitfield', county: 'tamarack', role: 'volunteer' },
  { name: 'Samir Okafor', county: 'ashby', role: 'captain' },
];

/** Somebody with an account from the first day, known to the seeds of several services. */
export interface DemoVolunteer {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly county: string;
  readonly role: string;
}

/** The four that the guide names, and twenty more, the same on every machine. */
export function demoVolunteers(): readonly DemoVolunteer[] {
  const chance = chanceOf(19_711_102);
  const taken = new Set(named.map(({ name }) => firstName(name)));
  const volunteers = named.map(withAddress);
  while (volunteers.length < named.length + OTHERS) {
    const name = inventName(chance);
    if (taken.has(firstName(name))) continue;
    taken.add(firstName(name));
    const role = chance.below(6) === 0 ? 'captain' : 'volunteer';
    volunteers.push(withAddress({ name, county: chance.one(counties).slug, role }));
  }
  return volunteers;
}

function withAddress(who: { name: string; county: string; role: string }): DemoVolunteer {
  const email = `${firstName(who.name).toLowerCase()}@marlowe.example`;
  return { id: idOf(email), email, ...who };
}

/** A UUID (RFC 9562, version 8) that is the same for an address everywhere. */
function idOf(email: string): string {
  const hex = createHash('sha256').update(email).digest('hex');
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-8$3-8$4-$5');
}

function firstName(name: string): string {
  return name.split(' ', 1)[0] ?? name;
}

import { chanceOf } from './chance.ts';
import { counties, type County } from './counties.ts';

export interface Venue {
  readonly name: string;
  readonly address: string;
  readonly county: string;
}

const halls = [
  'Grange Hall',
  'Public Library',
  'High School',
  'Union Hall',
  'Community Center',
  'Firehouse',
  'Memorial Park Pavilion',
  'Senior Center',
];
const streets = [
  'Mill Street',
  'Depot Street',
  'Church Road',
  'River Road',
  'Court Square',
  'Orchard Lane',
  'Quarry Road',
  'Third Avenue',
  'Sycamore Street',
  'Ferry Lane',
];

/** Where people of a county meet and vote: the same eight halls on every machine. */
export function venuesOf(county: County): readonly Venue[] {
  const chance = chanceOf(1_000 + counties.indexOf(county));
  return halls.map((hall) => ({
    name: `${county.name} ${hall}`,
    address: `${1 + chance.below(420)} ${chance.one(streets)}, ${county.name}`,
    county: county.slug,
  }));
}

import { chanceOf } from '../../shared/chance.ts';
import { counties } from '../../shared/counties.ts';
import { venuesOf } from '../../shared/venues.ts';

/** As the partner writes it, which is not as we would. */
export interface PartnerPlace {
  readonly locationName: string;
  readonly line1: string;
  readonly jurisdiction: string;
  readonly pollingHours: string;
  readonly adaAccessible: 'Y' | 'N';
  readonly parkingLot: 'Y' | 'N';
}

const FIRST_ZIP = 57_801;
const ZIPS_OF_COUNTY = 4;
const hours = ['7:00 AM - 8:00 PM', '7:00 AM - 8:00 PM', '6:30 AM - 7:30 PM'];

/** Two or three places for each ZIP of the state, the same on every machine; none for others. */
export function placesOf(zip: string): readonly PartnerPlace[] {
  const offset = Number(zip) - FIRST_ZIP;
  const county = counties[Math.floor(offset / ZIPS_OF_COUNTY)];
  if (county === undefined) return [];
  const chance = chanceOf(Number(zip));
  const venues = venuesOf(county);
  const first = (offset % ZIPS_OF_COUNTY) * 2;
  return venues.slice(first, first + 2 + chance.below(2)).map((venue) => ({
    locationName: venue.name.toUpperCase(),
    line1: venue.address,
    jurisdiction: `${county.name} County`,
    pollingHours: chance.one(hours),
    adaAccessible: chance.below(8) === 0 ? 'N' : 'Y',
    parkingLot: chance.below(3) === 0 ? 'N' : 'Y',
  }));
}

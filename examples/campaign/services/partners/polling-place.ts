import { fieldsOf } from '../../shared/field-problem.ts';

/** A polling place as we show it. */
export interface PollingPlace {
  readonly name: string;
  readonly address: string;
  readonly county: string;
  /** `07:00`, by the clock on the wall. */
  readonly opens: string;
  readonly closes: string;
  readonly accessible: boolean;
  readonly parking: boolean;
}

const MOST_PLACES = 50;
const LONGEST_TEXT = 200;

/**
 * Reads the partner's answer with the distrust it has earned: null for whatever is not the form
 * that was agreed, such as a page that says the service is being maintained.
 */
export function readPartnerAnswer(json: unknown): readonly PollingPlace[] | null {
  const locations = fieldsOf(json)?.['locations'];
  if (!Array.isArray(locations) || locations.length > MOST_PLACES) return null;
  const places = locations.map(readPlace);
  return places.every((place) => place !== null) ? places : null;
}

function readPlace(json: unknown): PollingPlace | null {
  const fields = fieldsOf(json);
  if (fields === null) return null;
  const name = textOf(fields['locationName']);
  const address = textOf(fields['line1']);
  const county = textOf(fields['jurisdiction']);
  const [opens, closes] = textOf(fields['pollingHours']).split(' - ', 2).map(clockOf);
  if (name === '' || address === '' || opens === undefined || closes === undefined) return null;
  return {
    name: titleCase(name),
    address,
    county: county.replace(/ County$/, '').toLowerCase(),
    opens,
    closes,
    accessible: fields['adaAccessible'] === 'Y',
    parking: fields['parkingLot'] === 'Y',
  };
}

function textOf(given: unknown): string {
  return typeof given === 'string' && given.length <= LONGEST_TEXT ? given.trim() : '';
}

/** `7:00 AM` as `07:00`, `8:00 PM` as `20:00`; undefined for what is no time of day. */
function clockOf(text: string): string | undefined {
  const [, hour, minute, half] = /^(1[0-2]|[1-9]):([0-5]\d) (AM|PM)$/.exec(text) ?? [];
  if (hour === undefined || minute === undefined) return undefined;
  const of24 = (Number(hour) % 12) + (half === 'PM' ? 12 : 0);
  return `${String(of24).padStart(2, '0')}:${minute}`;
}

function titleCase(text: string): string {
  return text.toLowerCase().replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase());
}

/** What kinds of events there are; the slug is what addresses hold. */
export const kinds = [
  { slug: 'town-hall', name: 'Town hall' },
  { slug: 'canvass', name: 'Canvass' },
  { slug: 'phone-bank', name: 'Phone bank' },
  { slug: 'rally', name: 'Rally' },
  { slug: 'training', name: 'Training' },
  { slug: 'ride-share', name: 'Rides to the polls' },
] as const;

/** Type aliases: what is answered is kept as JSON with its idempotency key. */
export type Event = {
  readonly id: string;
  readonly title: string;
  readonly kind: string;
  readonly county: string;
  readonly place: string;
  readonly address: string;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly places: number;
  readonly placesLeft: number;
};

export type EventInFull = Event & { readonly about: string; readonly host: string };

/** The clock on the walls of this state: "on the 24th" is meant by it. */
export const TIME_ZONE = 'America/Chicago';

/** As ids are made by the seed and by field staff; anything else is not looked up. */
const EVENT_ID = /^[a-z0-9-]{1,80}$/;

export function isEventId(text: unknown): text is string {
  return typeof text === 'string' && EVENT_ID.test(text);
}

import type { SimulatedGateway } from './simulated-gateway.ts';

/** Holds at each moment of a simulated gateway; says what does not, or null. */
export type Invariant = (gateway: SimulatedGateway) => string | null;

/** What must never happen, whatever else does. Add what a new part promises. */
export const invariants: readonly Invariant[] = [
  noPermitLeaks,
  neverMoreThanTheBound,
  coreIsRefusedLast,
  countsAreWhole,
];

/** A permit is given back a moment after its request is over, so that there may be more of them. */
function noPermitLeaks({ load, permits }: SimulatedGateway): string | null {
  const { inFlight } = load.room;
  return inFlight <= permits ? null : `${inFlight} in flight with ${permits} permits`;
}

/** What an instance is given is bounded by itself, however many leave. */
function neverMoreThanTheBound({ instances, limitInFlight }: SimulatedGateway): string | null {
  const over = instances.find(({ inFlight }) => inFlight > limitInFlight || inFlight < 0);
  return over === undefined ? null : `${over.id} has ${over.inFlight} of ${limitInFlight}`;
}

/** In one and the same moment nothing below fits where something above does not. */
function coreIsRefusedLast({ load }: SimulatedGateway): string | null {
  const { room, limit } = load;
  const [core, important, sheddable] = ([0, 1, 2] as const).map((rank) =>
    room.fits(rank, limit.room),
  );
  if (sheddable && !important) return 'sheddable is let in, and important is not';
  return important && !core ? 'important is let in, and core is not' : null;
}

function countsAreWhole({ load, waiting }: SimulatedGateway): string | null {
  const { limit, room } = load;
  if (!(limit.room >= 1)) return `there is room for ${limit.room}`;
  if (room.inFlight < 0) return `${room.inFlight} are in flight`;
  return waiting < 0 ? 'a request was answered twice' : null;
}

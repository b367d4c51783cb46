/**
 * What every instance finds in its environment. This is the whole contract with a service in any
 * language, together with service-health.ts; docs/guide/contract.md says the same in prose.
 */
export const PORT = 'PORT';
/** The address to listen on; loopback unless the driver says otherwise. */
export const HOST = 'HOST';
export const SITE = 'TURNOUT_SITE';
export const SERVICE = 'TURNOUT_SERVICE';
export const INSTANCE = 'TURNOUT_INSTANCE';
export const RELEASE = 'TURNOUT_RELEASE';
/** How long a SIGTERM leaves for requests in flight, in milliseconds. */
export const DRAIN_MS = 'TURNOUT_DRAIN_MS';
/** What the manifest says of each need, as JSON (`SdkPolicy`); for the SDK and whoever wants it. */
export const POLICY = 'TURNOUT_POLICY';
/**
 * Path of a file with the site's flags in flagd's format, replaced as a whole when they change.
 */
export const FLAGS_FILE = 'TURNOUT_FLAGS_FILE';

/**
 * The variable that carries the URL of a need: `db` is `NEED_DB_URL`, `polling-places` is
 * `NEED_POLLING_PLACES_URL`. For a database it is the primary as of the start of the instance.
 */
export function needVariable(need: string): string {
  return `${stem(need)}_URL`;
}

/**
 * The variable that carries the URLs of a database's replicas, separated by spaces; set for every
 * database and empty where it has none. After a promotion the servers have changed their roles:
 * whoever must know asks each (`select pg_is_in_recovery()`).
 */
export function replicasVariable(need: string): string {
  return `${stem(need)}_REPLICA_URLS`;
}

/**
 * `address:port` to connect to in place of the host of an `http` need's URL, where links are on;
 * name and certificate stay those of the URL.
 */
export function viaVariable(need: string): string {
  return `${stem(need)}_VIA`;
}

function stem(need: string): string {
  return `NEED_${need.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`;
}

import type { Measured } from './compare.ts';

/**
 * What Caddy takes of nginx's CPU for the same requests on a core that it has to itself: 2.8 when
 * proxying and 2.9 for files, again and again.
 */
const USUAL_CADDY_TO_NGINX = 2.9;
const TOLERATED = 1.4;

/**
 * Whether a machine can tell how we stand to nginx: null where Caddy was not measured. Where others
 * use its caches, nginx, which fits into few of them, takes twice its usual CPU, and every program
 * with a runtime five times; then the peers do not stand to each other as they do elsewhere, and a
 * ratio of ours to nginx says more about the neighbours than about us.
 */
export function peersStandAsUsual(measured: readonly Measured[]): boolean | null {
  const cpuOf = (name: string): number | undefined =>
    measured.find((each) => each.name === name)?.cpuMicrosPerRequest;
  const [caddy, nginx] = [cpuOf('caddy'), cpuOf('nginx')];
  if (caddy === undefined || nginx === undefined) return null;
  return caddy / nginx <= USUAL_CADDY_TO_NGINX * TOLERATED;
}

import type { FeatureStats } from '../../src/contract/health-report.ts';

/** Of a feature that nobody has asked for. */
export const noStats: FeatureStats = {
  full: 0,
  kept: 0,
  stepped: 0,
  closed: 0,
  failed: 0,
  refused: 0,
  failures: {
    unreached: 0,
    lost: 0,
    late: 0,
    malformed: 0,
    status: 0,
    open: 0,
    shed: 0,
    switched: 0,
  },
  inFlight: 0,
  latency: [],
};

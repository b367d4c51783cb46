import type {
  Edge,
  EdgeAction,
  EdgeAutoBan,
  EdgeBans,
  EdgeRule,
  EdgeTable,
} from '../edge-model.ts';
import { joinPath } from '../reader.ts';
import type { AutoBanManifest } from '../schema/auto-ban.ts';
import type { EdgeManifest } from '../schema/edge.ts';

type Rule = EdgeManifest['rules'][number];

/** The part of the Model that edge.yaml gives; a site without one has no tables and no rules. */
export function assembleEdge(manifest: EdgeManifest | null): Edge {
  if (manifest === null) {
    return { tables: [], bans: assembleBans(null), geo: { country: null, asn: null }, rules: [] };
  }
  const { geo } = manifest;
  return {
    tables: [...manifest.tables].map(([name, table]): EdgeTable => ({
      name,
      kind: table.kind,
      entries: table.entries,
      file: placed(table.file),
    })),
    bans: assembleBans(manifest.bans),
    geo: { country: placed(geo?.country ?? null), asn: placed(geo?.asn ?? null) },
    rules: manifest.rules.map((rule): EdgeRule => {
      const action = assembleAction(rule);
      return {
        name: rule.name,
        when: rule.when,
        // What deceives people must be watched before it is let loose.
        mode: rule.mode ?? (action.kind === 'deceive' ? 'observe' : 'enforce'),
        action,
        expires: rule.expires,
      };
    }),
    ...(manifest['auto-ban'] !== null && { autoBan: assembleAutoBan(manifest['auto-ban']) }),
  };
}

function assembleAutoBan(written: AutoBanManifest): EdgeAutoBan {
  const { mode, for: forMs, never, limits } = written;
  return {
    mode,
    forMs,
    never,
    limits: limits.map(({ name, statuses, method, path, count, within }) => ({
      name,
      statuses,
      method,
      path,
      count,
      withinMs: within,
    })),
  };
}

function placed(file: string | null): string | null {
  return file === null ? null : (joinPath('', file) ?? file);
}

function assembleBans(bans: EdgeManifest['bans']): EdgeBans {
  const { status = 403, reason = null, page = null, headers = [] } = bans?.respond ?? {};
  return {
    status,
    reason,
    page: placed(page),
    headers: Object.fromEntries(headers),
    edgeNodes: bans?.['edge-nodes'] ?? [],
  };
}

function assembleAction(rule: Rule): EdgeAction {
  if (rule.respond !== null) {
    const { status, reason, page, headers } = rule.respond;
    return {
      kind: 'respond',
      status,
      reason,
      page: placed(page),
      headers: Object.fromEntries(headers),
    };
  }
  if (rule.deceive !== null) {
    const replies = rule.deceive.replies.map(({ weight, status, body, headers }) => ({
      weight,
      status,
      body,
      headers: Object.fromEntries(headers),
    }));
    return { kind: 'deceive', replies, delayMs: rule.deceive.delay };
  }
  if (rule.redirect !== null) return { kind: 'redirect', ...rule.redirect };
  if (rule['rate-limit'] !== null) {
    const { rate, burst, key } = rule['rate-limit'];
    return { kind: 'rate-limit', perSecond: rate, burst, key };
  }
  if (rule.tarpit !== null) return { kind: 'tarpit', delayMs: rule.tarpit };
  if (rule.tag !== null) return { kind: 'tag', tag: rule.tag };
  return rule['skip-cache'] === null ? { kind: 'pass' } : { kind: 'skip-cache' };
}

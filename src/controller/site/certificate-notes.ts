import type { CertificateState, WorkerCertificates } from '../../contract/keys.ts';
import type { StatusNote } from '../../contract/status.ts';

const DAY_MS = 86_400_000;
/** Time enough to get another one; and the time when somebody must do so now. */
const SOON_DAYS = 21;
const URGENT_DAYS = 7;

/**
 * What operators must know of the certificates that workers show. Workers read the files by
 * themselves, so each note says what is served and not only what stands on disk; what several of
 * them say alike is said once.
 */
export function certificateNotes(
  workers: readonly WorkerCertificates[],
  nowMs: number,
): readonly StatusNote[] {
  const notes = workers.flatMap(({ certificates }) =>
    certificates.flatMap((state) => [...refusedNotes(state), ...expiryNotes(state, nowMs)]),
  );
  const once = new Map<string, StatusNote>();
  for (const note of notes) {
    const key = `${note.code} ${note.message}`;
    const before = once.get(key);
    if (before === undefined || note.since < before.since) once.set(key, note);
  }
  return [...once.values()];
}

function refusedNotes({ certificate, refused, notAfterMs }: CertificateState): StatusNote[] {
  if (refused === null) return [];
  const served =
    notAfterMs === null
      ? 'Its hosts have no certificate: clients get no answer by HTTPS.'
      : `The one before it stays in force, until ${day(notAfterMs)}.`;
  return [
    {
      severity: notAfterMs === null ? 'alert' : 'warning',
      code: 'certificate-refused',
      about: certificate,
      message: `${refused.file} is not taken: ${refused.why}. ${served}`,
      remedy: 'Put the right file there; workers read it again by themselves.',
      since: new Date(refused.sinceMs).toISOString(),
    },
  ];
}

function expiryNotes(
  { certificate, names, notAfterMs }: CertificateState,
  nowMs: number,
): StatusNote[] {
  if (notAfterMs === null || notAfterMs - nowMs > SOON_DAYS * DAY_MS) return [];
  const of = `The certificate of ${names.join(', ')} (${certificate})`;
  const since = (ms: number): string => new Date(ms).toISOString();
  const note = { about: certificate, remedy: renew };
  if (notAfterMs <= nowMs) {
    const message = `${of} expired on ${day(notAfterMs)}: clients refuse it.`;
    const code = 'certificate-expired';
    return [{ ...note, severity: 'alert', code, message, since: since(notAfterMs) }];
  }
  const isUrgent = notAfterMs - nowMs <= URGENT_DAYS * DAY_MS;
  return [
    {
      ...note,
      severity: isUrgent ? 'alert' : 'warning',
      code: 'certificate-expiring',
      message: `${of} expires on ${day(notAfterMs)}.`,
      since: since(notAfterMs - (isUrgent ? URGENT_DAYS : SOON_DAYS) * DAY_MS),
    },
  ];
}

const renew = 'Renew it and put it in the same place; workers read it again by themselves.';

function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

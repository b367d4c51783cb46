import type { StateFolder } from '../contract/state-folder.ts';
import type { SiteStatus, StatusNote } from '../contract/status.ts';
import { TurnoutError } from '../lib/errors.ts';
import { askController } from './ask-controller.ts';
import { sayNote } from './note-text.ts';
import type { ProgressPrinter } from './progress-printer.ts';

const pollMs = 100;
/** How long nothing may answer at all before that is said; a slow build answers. */
const patienceMs = 60_000;
/** How long the last workers may take once the first one serves; then it is up without them. */
const workersMs = 10_000;

/**
 * Waits until every service and frontend serves or has failed, and each worker listens, then says
 * so with the addresses; returns what has failed. Whatever failed is tried on, and the rest serves.
 */
export async function waitUntilUp(
  folder: StateFolder,
  printer: ProgressPrinter,
): Promise<readonly string[]> {
  let answeredMs = performance.now();
  let standingMs: number | null = null;
  for (;;) {
    const status = await statusOrNull(folder);
    if (status !== null && status.addresses.site !== null) answeredMs = performance.now();
    const standing = standingOf(status);
    if (standing !== null) standingMs ??= performance.now();
    const isLate = standingMs !== null && performance.now() - standingMs > workersMs;
    if (standing !== null && (isLate || missingWorkers(standing.status) === undefined)) {
      sayStanding(standing, printer);
      return standing.failed;
    }
    if (performance.now() - answeredMs > patienceMs) {
      printer.say('alert: nothing answers yet');
      printer.say(
        '  remedy: see `turnout status`, and `turnout logs --process all` for the reason',
      );
      return ['site'];
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

interface Standing {
  readonly status: SiteStatus;
  readonly failed: readonly string[];
}

/** Null while something is still on its way. */
function standingOf(status: SiteStatus | null): Standing | null {
  if (status === null || status.addresses.site === null) return null;
  const troubled = new Set(
    status.notes.filter(({ severity }) => severity === 'alert').map(({ about }) => about),
  );
  // No model yet and refused manifests: there is nothing to wait for.
  if (status.model === '') return troubled.has(null) ? { status, failed: ['site'] } : null;
  const failed: string[] = [];
  const settled = (name: string, serves: boolean): boolean => {
    if (serves) return true;
    if (!troubled.has(name)) return false;
    failed.push(name);
    return true;
  };
  const services = status.services.map(({ service, state }) =>
    settled(service, state === 'up' || state === 'degraded'),
  );
  const frontends = status.frontends.map(({ frontend, release }) =>
    settled(frontend, release !== null),
  );
  return [...services, ...frontends].every(Boolean) ? { status, failed } : null;
}

/** Who comes before the last worker listens has the first one alone. */
function missingWorkers({ notes }: SiteStatus): StatusNote | undefined {
  return notes.find(({ code }) => code === 'workers-missing');
}

function sayStanding({ status, failed }: Standing, printer: ProgressPrinter): void {
  const late = missingWorkers(status);
  for (const note of status.notes) {
    if (note.severity === 'alert' || note === late) sayNote(note, printer);
  }
  const names = failed.join(', ');
  printer.say(
    failed.length === 0 ? `${status.site} is up` : `${status.site} is up without ${names}`,
  );
  printer.say(`  site     ${status.addresses.site}`);
  if (status.addresses.https !== null) printer.say(`  https    ${status.addresses.https}`);
  printer.say(`  console  ${status.addresses.console}`);
}

async function statusOrNull(folder: StateFolder): Promise<SiteStatus | null> {
  try {
    return (await askController(folder, 'GET', '/api/status')) as SiteStatus;
  } catch (error) {
    if (error instanceof TurnoutError) return null;
    throw error;
  }
}

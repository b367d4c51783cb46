/** What a trace of system calls says about promises made before they were kept. */
export interface TraceVerdict {
  /** Promises seen: lines `acknowledged ID` and `settled ID` on standard output. */
  readonly promises: number;
  readonly syncs: number;
  /**
   * Each promise that came before the sync which covers its record, or the one that covers its
   * file's name.
   */
  readonly violations: readonly string[];
}

interface TracedCall {
  readonly name: string;
  readonly text: string;
  readonly began: boolean;
  readonly ended: boolean;
  readonly succeeded: boolean;
}

interface TracedFile {
  readonly path: string;
  /** Written and not yet covered by a sync that began later. */
  written: string[];
  syncing: string[];
  nameIsDurable: boolean;
}

const PROMISE = /"(acknowledged|settled) (\S+?)\\n"/;
const ID = /write-\d+\./g;

/**
 * Reads the output of `strace -f -y -s 1000000`, whose lines stand in the order in which the kernel
 * reported them. A call that was interrupted by another thread's stands on two lines; a sync covers
 * what was written when it began, once it ended.
 */
export function judgeTrace(trace: string): TraceVerdict {
  const files = new Map<string, TracedFile>();
  const durable = new Set<string>();
  const unfinished = new Map<string, string>();
  const violations: string[] = [];
  let promises = 0;
  let syncs = 0;
  for (const line of trace.split('\n')) {
    const call = parseLine(line, unfinished);
    if (call === null) continue;
    const path = /^\w+\(\d+<([^>]*)>/.exec(call.text)?.[1] ?? '';
    const promise = call.began && call.name === 'write' ? PROMISE.exec(call.text) : null;
    if (promise !== null) {
      promises += 1;
      const [, kind, id = ''] = promise;
      if (!durable.has(`${kind === 'settled' ? 'progress' : 'logs'} ${id}`)) {
        violations.push(`${kind} ${id} before the sync that covers it`);
      }
    } else if (call.name === 'openat') {
      const created = /O_CREAT.*<([^>]*\.log)>$/.exec(call.text.trim())?.[1];
      if (created !== undefined && call.ended) {
        files.set(created, { path: created, written: [], syncing: [], nameIsDurable: false });
      }
    } else if (call.name === 'fsync' || call.name === 'fdatasync') {
      if (call.ended && call.succeeded) syncs += 1;
      sync(files, durable, path, call);
    } else if (call.ended && call.succeeded) {
      files.get(path)?.written.push(...(call.text.match(ID) ?? []));
    }
  }
  return { promises, syncs, violations };
}

function sync(
  files: ReadonlyMap<string, TracedFile>,
  durable: Set<string>,
  path: string,
  call: TracedCall,
): void {
  const file = files.get(path);
  if (file === undefined) {
    // A folder: the names in it are durable from now on.
    if (!call.ended || !call.succeeded) return;
    for (const one of files.values()) {
      if (one.path.startsWith(`${path}/`)) one.nameIsDurable = true;
    }
    return;
  }
  if (call.began) {
    file.syncing = file.written;
    file.written = [];
  }
  if (!call.ended || !call.succeeded || !file.nameIsDurable) return;
  const store = path.includes('/progress/') ? 'progress' : 'logs';
  for (const id of file.syncing) durable.add(`${store} ${id}`);
  file.syncing = [];
}

function parseLine(line: string, unfinished: Map<string, string>): TracedCall | null {
  const match = /^(\d+) +(.*)$/.exec(line);
  if (match === null) return null;
  const [, thread = '', text = ''] = match;
  const resumed = /^<\.\.\. (\w+) resumed>(.*)$/.exec(text);
  if (resumed !== null) {
    const whole = `${unfinished.get(thread) ?? ''}${resumed[2] ?? ''}`;
    return toCall(whole, { began: false, ended: true });
  }
  const start = /^(.*) <unfinished \.\.\.>$/.exec(text)?.[1];
  if (start === undefined) return toCall(text, { began: true, ended: true });
  unfinished.set(thread, start);
  return toCall(start, { began: true, ended: false });
}

function toCall(
  text: string,
  when: { readonly began: boolean; readonly ended: boolean },
): TracedCall | null {
  const name = /^(\w+)\(/.exec(text)?.[1];
  if (name === undefined) return null;
  return { name, text, ...when, succeeded: when.ended && /= \d+(<[^>]*>)?\s*$/.test(text) };
}

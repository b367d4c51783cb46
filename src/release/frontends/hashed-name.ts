/**
 * Whether a file's name carries a hash of its content, as bundlers write it (`app-3f2a9b1c.js`,
 * `index.DxK3h9aZ.css`).
 *
 * Such a file may be kept by clients for a year, so a name wrongly taken for hashed is far worse
 * than one missed. A hash is therefore the last `-` or `.` part of the name, eight characters or
 * more, and looks random: digits and letters that change places at least three times.
 * `hero-iPhone15.jpg`, `logo-20261103.png` and `checkout.version2.js` do not pass.
 */
export function carriesContentHash(path: string): boolean {
  const candidate = /[.-]([A-Za-z0-9_]{8,64})(?:\.[A-Za-z0-9]{1,12}){1,2}$/.exec(path)?.[1];
  if (candidate === undefined || !/[0-9]/.test(candidate) || !/[A-Za-z]/.test(candidate)) {
    return false;
  }
  const runs = candidate.match(/[A-Z]?[a-z]+|[A-Z]+|[0-9]+|_/g) ?? [];
  return runs.length >= leastRuns;
}

const leastRuns = 4;

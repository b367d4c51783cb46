import { join } from 'node:path';

import type { CertificateFiles } from '../../../derive/worker-configuration.ts';
import { writeFileAtomically } from '../../../lib/atomic-file.ts';
import { readCertificate } from '../../../lib/certificate.ts';
import { readJsonFile } from '../../../lib/json-file.ts';
import type { Log } from '../../../lib/log.ts';
import type { GoodPair } from './certificate-pair.ts';

/** The certificates that were last good, for a start without their files. */
export interface KeptPairs {
  find(files: CertificateFiles): GoodPair | null;
  /** Replaces what was kept; written in the background. */
  keep(pairs: readonly KeptPair[]): void;
  /** Resolves when all is on disk, or has failed to get there and was reported. */
  flush(): Promise<void>;
}

export interface KeptPair {
  readonly files: CertificateFiles;
  readonly pair: GoodPair;
}

interface Written {
  readonly version: 1;
  readonly pairs: readonly WrittenPair[];
}

interface WrittenPair {
  readonly certificate: string;
  readonly key: string;
  readonly certificatePem: string;
  readonly keyPem: string;
}

const FILE = 'certificates.json';

/** One file in `folder` that only its user may read, for it holds the keys. */
export function openKeptPairs(folder: string, log: Log): KeptPairs {
  const file = join(folder, FILE);
  const found = read(file);
  let text = found === null ? null : JSON.stringify(found);
  let writing = Promise.resolve();
  return {
    find(files) {
      const written = found?.pairs.find(
        ({ certificate, key }) => certificate === files.certificate && key === files.key,
      );
      if (written === undefined) return null;
      const { certificatePem, keyPem } = written;
      const reading = readCertificate(certificatePem, keyPem);
      return reading.kind === 'usable' ? { certificatePem, keyPem, facts: reading.facts } : null;
    },
    keep(pairs) {
      const next = JSON.stringify(written(pairs));
      if (next === text) return;
      text = next;
      writing = writing.then(() => write(file, next, log));
    },
    flush: () => writing,
  };
}

function written(pairs: readonly KeptPair[]): Written {
  return {
    version: 1,
    pairs: pairs.map(({ files: { certificate, key }, pair: { certificatePem, keyPem } }) => ({
      certificate,
      key,
      certificatePem,
      keyPem,
    })),
  };
}

/** Null for a file that is absent, damaged, unreadable or of a newer Turnout. */
function read(file: string): Written | null {
  try {
    const value = readJsonFile(file) as Written | null;
    return value?.version === 1 && Array.isArray(value.pairs) ? value : null;
  } catch {
    return null;
  }
}

async function write(file: string, text: string, log: Log): Promise<void> {
  try {
    await writeFileAtomically(file, text, 0o600);
  } catch (error) {
    log.warn('The last good certificates could not be kept', { error: String(error) });
  }
}

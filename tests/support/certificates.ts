import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder } from './temporary-folder.ts';

const run = promisify(execFile);
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** Issues certificates that its own clients accept; made by openssl, as people make them. */
export interface TestAuthority {
  readonly folder: string;
  /** PEM of its own certificate, for clients, and the file that holds it. */
  readonly ca: string;
  readonly caFile: string;
  /** Writes `NAME.crt` and `NAME.key`; `days` -1 makes one that expired yesterday. */
  issue(name: string, names: readonly string[], days?: number): Promise<IssuedCertificate>;
}

export interface IssuedCertificate {
  /** Paths of the files. */
  readonly certificate: string;
  readonly key: string;
}

export async function createAuthority(): Promise<TestAuthority> {
  const folder = await temporaryFolder('certificates');
  const at = (name: string): string => join(folder, name);
  const caKey = at('ca.key');
  const caFile = at('ca.crt');
  await openssl('req', '-x509', ...newKey, '-keyout', caKey, '-out', caFile, '-subj', '/CN=tests');
  return {
    folder,
    ca: readFileSync(caFile, 'utf8'),
    caFile,
    async issue(name, names, days = 90) {
      const [certificate, key, request] = [at(`${name}.crt`), at(`${name}.key`), at(`${name}.csr`)];
      const extensions = at(`${name}.ext`);
      const alternatives = names.map((dns) => `DNS:${dns}`).join(',');
      writeFileSync(extensions, `subjectAltName=${alternatives}\n`);
      await openssl(
        'req',
        '-new',
        ...newKey,
        '-keyout',
        key,
        '-out',
        request,
        '-subj',
        `/O=${name}`,
      );
      const by = ['-CA', caFile, '-CAkey', caKey, '-CAcreateserial', '-days', String(days)];
      const what = ['-in', request, '-out', certificate, '-extfile', extensions];
      await openssl('x509', '-req', ...what, ...by);
      return { certificate, key };
    },
  };
}

async function openssl(...words: string[]): Promise<void> {
  await run('openssl', words, { timeout: 20_000 });
}

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Paths of the PEM files that all servers of a comparison show. */
export interface BenchCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** An ECDSA P-256 certificate, as authorities issue them by default. */
export function makeBenchCertificate(folder: string): BenchCertificate {
  const certificate = join(folder, 'bench.crt');
  const key = join(folder, 'bench.key');
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const name = ['-subj', '/CN=bench.example', '-addext', 'subjectAltName=DNS:bench.example'];
  const files = ['-keyout', key, '-out', certificate];
  const words = ['req', '-x509', ...kind, ...files, '-days', '30', ...name];
  execFileSync('openssl', words, { stdio: 'ignore' });
  return { certificate, key };
}

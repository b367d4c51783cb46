import { isNamed, readCertificate, type CertificateFacts } from '../../lib/certificate.ts';
import type { SmallFile } from '../../lib/read-small-file.ts';
import type { LoadResult } from '../load-model.ts';
import { locate } from '../manifests.ts';
import type { Certificate } from '../model.ts';
import { ProblemList } from '../problems/problem-list.ts';
import type { Problem } from '../problems/problem.ts';

/** The machine whose files are looked at; paths are as site.yaml writes them. */
export interface CheckedMachine {
  read(path: string): Promise<SmallFile>;
  readonly nowMs: number;
}

type Loaded = Extract<LoadResult, { readonly kind: 'model' }>;

const DAY_MS = 86_400_000;
const SOON_DAYS = 21;

/**
 * What is wrong with the certificates on this machine. It is asked of people who check a site, and
 * no part of its Model: files that change by themselves must never refuse a manifest.
 */
export async function checkCertificates(
  loaded: Loaded,
  machine: CheckedMachine,
): Promise<readonly Problem[]> {
  const { site } = loaded.model;
  if (site.listen.https === null) return [];
  const check = new CertificateCheck(loaded, machine);
  const shown = [];
  for (const [index, files] of site.certificates.entries()) {
    const facts = await check.one(files, index);
    if (facts !== null) shown.push(...(files.hosts.length > 0 ? files.hosts : facts.names));
    else shown.push(...files.hosts);
  }
  check.hosts(site.hosts, shown);
  return check.problems.sorted();
}

class CertificateCheck {
  readonly problems = new ProblemList();
  readonly #loaded: Loaded;
  readonly #machine: CheckedMachine;

  constructor(loaded: Loaded, machine: CheckedMachine) {
    this.#loaded = loaded;
    this.#machine = machine;
  }

  /** Null where it could not be used at all. */
  async one(files: Certificate, index: number): Promise<CertificateFacts | null> {
    const texts: string[] = [];
    for (const which of ['certificate', 'key'] as const) {
      const found = await this.#machine.read(files[which]);
      if (found.kind === 'unreadable') return this.#unusable(files, index, which, found.why);
      texts.push(found.text);
    }
    const [certificatePem = '', keyPem = ''] = texts;
    const reading = readCertificate(certificatePem, keyPem);
    if (reading.kind === 'unusable') {
      return this.#unusable(files, index, reading.which, reading.why);
    }
    this.#dates(files, index, reading.facts);
    for (const [at, host] of files.hosts.entries()) {
      if (!isNamed(host, reading.facts.names)) this.#uncovered(files, index, at, reading.facts);
    }
    return reading.facts;
  }

  /** A host of the site that no certificate names, whose clients are shown a stranger's. */
  hosts(hosts: readonly string[], shown: readonly string[]): void {
    for (const [index, host] of hosts.entries()) {
      if (isNamed(host, shown)) continue;
      const at = locate(this.#loaded.manifests.site, 'hosts', index);
      this.problems.add({
        code: 'certificate-uncovered',
        spot: at.node,
        path: at.path,
        message: `No certificate is for ${host}: clients that ask for it by HTTPS are warned off.`,
        remedy: `Get a certificate that names ${host}, and list it under \`certificates\`.`,
      });
    }
  }

  #unusable(files: Certificate, index: number, which: 'certificate' | 'key', why: string): null {
    const at = locate(this.#loaded.manifests.site, 'certificates', index, which);
    this.problems.add({
      code: 'certificate-unusable',
      spot: at.node,
      path: at.path,
      message: `${files[which]} cannot be used: ${why}.`,
      remedy:
        'Give the path of a PEM file that this user may read, absolute or relative to the site ' +
        'directory; certificate and key must belong together.',
    });
    return null;
  }

  #dates(files: Certificate, index: number, { notBeforeMs, notAfterMs }: CertificateFacts): void {
    const { nowMs } = this.#machine;
    const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
    const what =
      notAfterMs <= nowMs
        ? `expired on ${day(notAfterMs)}: clients refuse it`
        : notBeforeMs > nowMs
          ? `is not valid before ${day(notBeforeMs)}: clients refuse it until then`
          : notAfterMs - nowMs <= SOON_DAYS * DAY_MS
            ? `expires on ${day(notAfterMs)}`
            : null;
    if (what === null) return;
    const at = locate(this.#loaded.manifests.site, 'certificates', index, 'certificate');
    this.problems.add({
      code: 'certificate-expired',
      spot: at.node,
      path: at.path,
      message: `${files.certificate} ${what}.`,
      remedy: 'Renew it and put it in the same place; workers read it again by themselves.',
    });
  }

  #uncovered(files: Certificate, index: number, host: number, facts: CertificateFacts): void {
    const at = locate(this.#loaded.manifests.site, 'certificates', index, 'hosts', host);
    const name = files.hosts[host] ?? '';
    this.problems.add({
      code: 'certificate-uncovered',
      spot: at.node,
      path: at.path,
      message: `${files.certificate} does not name ${name}; it names ${facts.names.join(', ')}.`,
      remedy: `Get a certificate that names ${name}, or take the host out.`,
    });
  }
}

import { stat } from 'node:fs/promises';

import {
  type CertificateFacts,
  type CertificateReading,
  readCertificate,
} from '../../../lib/certificate.ts';
import { readSmallFile } from '../../../lib/read-small-file.ts';
import type { CertificateFiles } from '../../../derive/worker-configuration.ts';

/** A certificate with its key, as it can be served. */
export interface GoodPair {
  readonly certificatePem: string;
  readonly keyPem: string;
  readonly facts: CertificateFacts;
}

/** Which file is not taken, and why, in words that end a sentence. */
export interface RefusedPair {
  readonly file: string;
  readonly why: string;
}

export type PairReading =
  | { readonly kind: 'good'; readonly pair: GoodPair }
  | { readonly kind: 'refused'; readonly refused: RefusedPair };

const MAX_BYTES = 256 * 1024;

/** Reads both files; `locate` says where on the machine a path of the manifest is. */
export async function readPair(
  files: CertificateFiles,
  locate: (path: string) => string,
): Promise<PairReading> {
  const texts: string[] = [];
  for (const path of [files.certificate, files.key]) {
    const found = await readSmallFile(locate(path), MAX_BYTES);
    if (found.kind === 'unreadable') return refused(path, found.why);
    texts.push(found.text);
  }
  const [certificatePem = '', keyPem = ''] = texts;
  return judge(files, readCertificate(certificatePem, keyPem), { certificatePem, keyPem });
}

function judge(
  files: CertificateFiles,
  reading: CertificateReading,
  texts: { readonly certificatePem: string; readonly keyPem: string },
): PairReading {
  if (reading.kind === 'unusable') return refused(files[reading.which], reading.why);
  return { kind: 'good', pair: { ...texts, facts: reading.facts } };
}

function refused(file: string, why: string): PairReading {
  return { kind: 'refused', refused: { file, why } };
}

/**
 * Whether a pair that was read takes the place of the one in force. One that clients would refuse
 * for its dates never replaces one that they accept; where there is nothing better, it is shown.
 */
export function replaces(
  { facts }: GoodPair,
  inForce: GoodPair | null,
  nowMs: number,
): { readonly yes: true } | { readonly yes: false; readonly why: string } {
  if (inForce === null || !isValidAt(inForce.facts, nowMs) || isValidAt(facts, nowMs)) {
    return { yes: true };
  }
  return { yes: false, why: whyNotValid(facts, nowMs) };
}

export function isValidAt({ notBeforeMs, notAfterMs }: CertificateFacts, nowMs: number): boolean {
  return notBeforeMs <= nowMs && nowMs < notAfterMs;
}

function whyNotValid({ notBeforeMs, notAfterMs }: CertificateFacts, nowMs: number): string {
  return notBeforeMs > nowMs
    ? `it is not valid before ${day(notBeforeMs)}`
    : `it expired on ${day(notAfterMs)}`;
}

function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/**
 * What tells one state of both files from another, through symbolic links: certbot swaps those.
 */
export async function signatureOf(
  files: CertificateFiles,
  locate: (path: string) => string,
): Promise<string> {
  const marks = [files.certificate, files.key].map(async (path) => {
    try {
      const { dev, ino, size, mtimeNs, ctimeNs } = await stat(locate(path), { bigint: true });
      return `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
    } catch (error) {
      return String((error as NodeJS.ErrnoException).code);
    }
  });
  return (await Promise.all(marks)).join(' / ');
}

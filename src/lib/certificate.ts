import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';

/** What can be known of a certificate file with its key. */
export type CertificateReading =
  | { readonly kind: 'usable'; readonly facts: CertificateFacts }
  /** `which` file is at fault, and why, in words that end a sentence. */
  | { readonly kind: 'unusable'; readonly which: 'certificate' | 'key'; readonly why: string };

export interface CertificateFacts {
  /** Host names inside, lower case; a wildcard stands for one label. */
  readonly names: readonly string[];
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** SHA-256 over the certificate, in hex. */
  readonly fingerprint: string;
}

/**
 * Reads a PEM pair as a TLS server would: the first certificate is the site's own, those after it
 * lead to the root. Never throws, and never repeats any part of the key.
 */
export function readCertificate(certificatePem: string, keyPem: string): CertificateReading {
  const own = readOwn(certificatePem);
  if (own === null) {
    return { kind: 'unusable', which: 'certificate', why: 'it holds no certificate in PEM form' };
  }
  const key = readKey(keyPem);
  if (key === null) {
    return { kind: 'unusable', which: 'key', why: 'it holds no private key in PEM form' };
  }
  if (!own.checkPrivateKey(key)) {
    return { kind: 'unusable', which: 'key', why: 'it is not the key of the certificate' };
  }
  try {
    createSecureContext({ cert: certificatePem, key: keyPem });
  } catch (error) {
    return { kind: 'unusable', which: 'certificate', why: `TLS refuses it (${codeOf(error)})` };
  }
  return {
    kind: 'usable',
    facts: {
      names: namesOf(own),
      notBeforeMs: own.validFromDate.getTime(),
      notAfterMs: own.validToDate.getTime(),
      fingerprint: own.fingerprint256.replaceAll(':', '').toLowerCase(),
    },
  };
}

/** Whether a client that asked for `host` accepts one of these names (RFC 6125, section 6.4). */
export function isNamed(host: string, names: readonly string[]): boolean {
  if (names.includes(host)) return true;
  const dot = host.indexOf('.');
  return dot > 0 && !host.startsWith('*.') && names.includes(`*${host.slice(dot)}`);
}

function readOwn(pem: string): X509Certificate | null {
  try {
    return new X509Certificate(pem);
  } catch {
    return null;
  }
}

function readKey(pem: string): ReturnType<typeof createPrivateKey> | null {
  try {
    return createPrivateKey(pem);
  } catch {
    return null;
  }
}

/** Alternative names; only where there are none the common name, which few clients read. */
function namesOf(certificate: X509Certificate): readonly string[] {
  const alternatives = [...(certificate.subjectAltName ?? '').matchAll(/DNS:([^,\s"]+)/g)].map(
    ([, name = '']) => name.toLowerCase(),
  );
  if (alternatives.length > 0) return alternatives;
  const common = /^CN=(.+)$/m.exec(certificate.subject)?.[1];
  return common === undefined ? [] : [common.toLowerCase()];
}

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException).code ?? 'unknown reason');
}

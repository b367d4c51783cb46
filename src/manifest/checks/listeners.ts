import { locate } from '../manifests.ts';
import type { CheckedSite } from './check.ts';

/** Who listens with TLS has something to prove its name with. */
export function checkListeners({ manifests, content, problems }: CheckedSite): void {
  const { listen, certificates } = content.site;
  if (!manifests.site.usable || listen.https === null || certificates.length > 0) return;
  const at = locate(manifests.site, 'listen', 'https');
  if (problems.isWrong(at.path)) return;
  problems.add({
    code: 'https-without-certificates',
    spot: at.key ?? at.node,
    path: at.path,
    message: '`listen.https` is set, and there is no certificate to show.',
    remedy: 'List `certificates: [{ certificate: …, key: … }]`, or take `https` out.',
  });
}

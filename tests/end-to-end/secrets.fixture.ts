/** One process among several that change the secrets of a site at once. */
import { stateFolder } from '../../src/contract/state-folder.ts';
import { rotateKey } from '../../src/cli/secret/rotate-secrets.ts';
import { openSiteSecrets } from '../../src/profiles/site-secrets.ts';

const [deed, siteDirectory = '', word = ''] = process.argv.slice(2);
const site = 'campaign';
const folder = stateFolder(`${siteDirectory}/.turnout`);
const secrets = openSiteSecrets({ site, siteDirectory, folder });

if (deed === 'obtain') {
  process.stdout.write(await secrets.inOrder.obtain('MADE', () => word));
} else if (deed === 'set') {
  for (let n = 0; n < 5; n += 1) await secrets.file.set(`${word}_${n}`, `value ${n}`);
} else if (deed === 'rotate') {
  for (;;) await rotateKey({ site, services: [], secrets });
}

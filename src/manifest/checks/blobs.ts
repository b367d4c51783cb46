import { locate } from '../manifests.ts';
import type { CheckedSite } from './check.ts';

/** Names of our own folders where the first store lies: a region of that name would lie in them. */
const ownFolders = new Set(['sha256', 'incoming', 'trash']);

/** Blobs lie in one store, or in two that a fault does not take at once. */
export function checkBlobs({ manifests, content, problems }: CheckedSite): void {
  const { blobStores } = content.site;
  if (!manifests.site.usable || blobStores.length === 0) return;
  const at = locate(manifests.site, 'blobs', 'stores');
  if (problems.isWrong(at.path)) return;
  const wrong = (message: string, remedy: string): void => {
    problems.add({
      code: 'blob-stores-wrong',
      spot: at.key ?? at.node,
      path: at.path,
      message,
      remedy,
    });
  };
  const [first, second] = blobStores;
  if (second === undefined) {
    wrong('`blobs.stores` names one store.', 'Name a second one, or take `blobs` out.');
  } else if (first?.region === second.region) {
    wrong(`Both stores are in ${second.region}.`, 'Name two regions.');
  } else if (first?.folder !== null) {
    wrong(
      `The first store names the folder ${first?.folder}, and lies in the state folder.`,
      'Put the store with a `folder` second: backups are taken of the first.',
    );
  }
  const own = blobStores.find(({ region }) => ownFolders.has(region));
  if (own === undefined) return;
  wrong(`A region cannot be called ${own.region}.`, 'Take another name.');
}

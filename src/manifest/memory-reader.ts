import { largestFileBytes, type Reader } from './reader.ts';

/** A site in memory: path to text. Folders are there when a file is in them. */
export function memoryReader(files: Readonly<Record<string, string>>): Reader {
  const paths = Object.keys(files);
  return {
    read: (path, limitBytes = largestFileBytes) => {
      const text = Object.hasOwn(files, path) ? files[path] : undefined;
      if (text === undefined) return Promise.resolve({ kind: 'missing' });
      const bytes = Buffer.byteLength(text);
      return Promise.resolve(
        bytes > limitBytes ? { kind: 'too-large', bytes } : { kind: 'text', text },
      );
    },
    folders: (path) => {
      const start = path === '' ? '' : `${path}/`;
      const names = paths
        .filter((file) => file.startsWith(start) && file.slice(start.length).includes('/'))
        .map((file) => file.slice(start.length).split('/')[0] ?? '');
      return Promise.resolve([...new Set(names)].sort());
    },
    look: (path) => {
      if (Object.hasOwn(files, path)) return Promise.resolve('file');
      const folder = path === '' || paths.some((file) => file.startsWith(`${path}/`));
      return Promise.resolve(folder ? 'folder' : 'nothing');
    },
  };
}

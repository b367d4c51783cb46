import { lookup } from 'mrmime';

/** What mrmime leaves out because no registry holds it, and sites serve all the same. */
const additions: Readonly<Record<string, string>> = {
  ico: 'image/x-icon',
  m3u8: 'application/vnd.apple.mpegurl',
  zst: 'application/zstd',
};

const unknownType = 'application/octet-stream';

/**
 * The `Content-Type` of a file by its name. Text is UTF-8, and says so: a client must not guess
 * (RFC 9110 8.3).
 */
export function contentTypeOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  if (dot < 0) return unknownType;
  const extension = name.slice(dot + 1).toLowerCase();
  const type = additions[extension] ?? lookup(extension) ?? unknownType;
  return isText(type) ? `${type}; charset=utf-8` : type;
}

/**
 * Whether bytes of this type are worth a try at compressing: text, and binary formats that do not
 * compress themselves.
 */
export function isCompressible(type: string): boolean {
  const bare = type.split(';', 1)[0] as string;
  return isText(bare) || /[/+]json$/.test(bare) || compressibleTypes.has(bare);
}

/**
 * JSON is left out: it is UTF-8 by definition and its type has no charset parameter (RFC 8259 11).
 */
function isText(type: string): boolean {
  return type.startsWith('text/') || /[/+]xml$/.test(type);
}

const compressibleTypes = new Set([
  'application/wasm',
  'application/rtf',
  'application/vnd.apple.mpegurl',
  'font/ttf',
  'font/otf',
  'image/bmp',
  'image/x-icon',
  'model/gltf-binary',
]);

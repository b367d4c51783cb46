const unitBytes: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};

const shape = /^(\d+(?:\.\d+)?) ?(B|kB|MB|GB|KiB|MiB|GiB)$/;

/** Reads `512B`, `64KiB`, `1.5MB` as bytes; null for anything else, also beyond 1024 GiB. */
export function parseSize(text: string): number | null {
  const match = text.length > 24 ? null : shape.exec(text);
  if (match === null) return null;
  const bytes = Math.round(Number(match[1]) * (unitBytes[match[2] ?? ''] ?? 0));
  return bytes > 1024 ** 4 ? null : bytes;
}

/** Writes bytes in the largest unit that says them exactly: 65536 is `64KiB`, 2000000 is `2MB`. */
export function formatSize(bytes: number): string {
  for (const unit of ['GiB', 'GB', 'MiB', 'MB', 'KiB', 'kB']) {
    const size = unitBytes[unit] ?? 1;
    if (bytes >= size && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return `${bytes}B`;
}

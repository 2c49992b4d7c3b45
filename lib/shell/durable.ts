/** Shell text that brings a file or folder to the disk. `sync` with names is young; the old one syncs everything. */
export function durable(path: string): string {
  return `{ sync ${path} 2>/dev/null || sync; }`;
}

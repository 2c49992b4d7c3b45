/**
 * How a read-only script of ours tells what it found: in sections, each headed by `@NAME KEY CODE LENGTH` and as long
 * as it says, so that nothing inside a section can pass for the next one. KEY tells sections of one name apart; CODE is
 * the exit code of what was asked. A script that ends with `@end` was heard to its end.
 */
export interface Section {
  readonly name: string;
  readonly key: string;
  readonly code: number;
  readonly text: string;
}

/**
 * The functions that such a script is written with. POSIX; needs `timeout` only to end what hangs. Byte lengths are
 * right because LC_ALL is C.
 *
 * `emit NAME KEY CODE TEXT` · `ask NAME KEY SECONDS COMMAND…` (both streams, exit code, no standard input) ·
 * `bounded SECONDS COMMAND…` · `have COMMAND`
 */
export const SECTIONS = posix`
LC_ALL=C; export LC_ALL
have() { command -v "$1" >/dev/null 2>&1; }
bounded() { if have timeout; then timeout -k 5 "$@"; else shift; "$@"; fi; }
emit() {
  if [ "\${#4}" -gt 400000 ]; then set -- "$1" "$2" "$3" "$(printf %s "$4" | head -c 400000)"; fi
  printf '@%s %s %s %s\n%s\n' "$1" "$2" "$3" "\${#4}" "$4"
}
ask() {
  ask_name=$1 ask_key=$2; shift 2
  ask_text=$(bounded "$@" 2>&1 </dev/null); emit "$ask_name" "$ask_key" "$?" "$ask_text"
}
`;

/** The last section of every script. */
export const END = 'emit end - 0 ""\n';

/**
 * Shell text in a template: everything is taken as it is written, but for the two signs that a template cannot hold:
 * write `\${` for the shell's own braces and a backslash before a backtick.
 */
export function posix(strings: TemplateStringsArray, ...pieces: readonly string[]): string {
  return String.raw(
    { raw: strings.raw.map((each) => each.replaceAll('\\${', '${').replaceAll('\\`', '`')) },
    ...pieces,
  );
}

/** The sections of a script's standard output, in order. What stands between sections is skipped. */
export function parseSections(output: Uint8Array): {
  readonly sections: readonly Section[];
  readonly complete: boolean;
} {
  const bytes = Buffer.from(output.buffer, output.byteOffset, output.byteLength);
  const sections: Section[] = [];
  let at = 0;
  while (at < bytes.length) {
    const end = bytes.indexOf(10, at);
    const line = bytes.toString('utf8', at, end < 0 ? bytes.length : end);
    at = end < 0 ? bytes.length : end + 1;
    const [, name, key, code, length] = /^@([\w-]+) (\S+) (\d+) (\d+)$/.exec(line) ?? [];
    if (name === undefined || key === undefined) continue;
    if (name === 'end') return { sections, complete: true };
    const stop = at + Number(length);
    if (stop > bytes.length) break;
    sections.push(Object.freeze({ name, key, code: Number(code), text: bytes.toString('utf8', at, stop) }));
    at = stop + 1;
  }
  return { sections, complete: false };
}

/** `key=value` lines. */
export function parsePairs(text: string): ReadonlyMap<string, string> {
  const pairs = text.split('\n').flatMap((line): readonly (readonly [string, string])[] => {
    const equals = line.indexOf('=');
    return equals > 0 ? [[line.slice(0, equals), line.slice(equals + 1)]] : [];
  });
  return new Map(pairs);
}

/** Lines that say something. */
export function parseLines(text: string): readonly string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}

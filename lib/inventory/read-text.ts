import { readFileSync } from 'node:fs';
import { problem, type ErrorCode, type Problem } from '../errors.ts';

export interface TextFile {
  readonly text: string;
  readonly problems: readonly Problem[];
}

/** The bytes of a file, or what stands in the way. `file` is what messages call it. */
export function readBytes(path: string, file: string): Buffer | Problem {
  try {
    return readFileSync(path);
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
    const reasons: Record<string, string> = {
      ENOENT: 'does not exist',
      EACCES: 'may not be read by this user',
      EISDIR: 'is a folder, not a file',
    };
    return problem('file-missing', `"${file}" ${reasons[String(code)] ?? `cannot be read: ${String(code)}`}`);
  }
}

/**
 * UTF-8 as text. A line that is not UTF-8 is reported with the code given and read as empty; in a line that starts
 * with `#` or `;` anything may stand, as in Ansible.
 */
export function decodeText(bytes: Buffer, file: string, code: ErrorCode): TextFile {
  const whole = decode(bytes);
  if (whole !== undefined) return { text: whole, problems: [] };
  const problems: Problem[] = [];
  const lines: string[] = [];
  for (let start = 0; start <= bytes.length;) {
    const feed = bytes.indexOf(0x0a, start);
    const end = feed < 0 ? bytes.length : feed;
    const line = bytes.subarray(start, end);
    const text = decode(line);
    const comment = line[0] === 0x23 || line[0] === 0x3b;
    if (text === undefined && !comment) {
      const column = validPrefix(line) + 1;
      const at = { file, line: lines.length + 1, column };
      problems.push(problem(code, 'this line is not UTF-8: save the file in that encoding', at));
    }
    lines.push(text ?? '');
    start = end + 1;
  }
  return { text: lines.join('\n'), problems };
}

function decode(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** How many characters of a line come before its first byte that is not UTF-8. */
function validPrefix(line: Buffer): number {
  return /^[^\ufffd]*/.exec(line.toString('utf8'))?.[0].length ?? 0;
}

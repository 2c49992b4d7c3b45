import { encodeText } from './bytes.ts';
import type { Ending } from '../transport/transport.ts';

/**
 * What a persistent shell is taught first. One function runs a command and says how it ended, on both outputs, with a
 * word that nothing else prints. No file is made anywhere: a question must leave nothing behind, and the disk may be
 * full.
 *
 * - The command is evaluated in a subshell, from a quoted string: its `cd`, `exit`, `exec` and syntax errors end there.
 *   Its standard input is /dev/null or the pipe of `printf`, never the session's own.
 * - The shell tells 137 of `exit 137` from 137 of SIGKILL by an EXIT trap: where it runs before the text was read to
 *   its end, the status was given on purpose.
 * - A process that the command left in the background may print later, into the output of a later command. It is found
 *   by its number: every process made since lies between the kernel's last pid before and after. One that is still
 *   there and holds our outputs (or may, where we cannot look) makes the session `spent`: the answer is whole, but the
 *   session is not used again. The second look at the last pid proves that nothing was forked during the first.
 */
export const PRELUDE = `
__pgup_can=0
if [ -r /proc/loadavg ] && [ -d /proc/1 ] && [ "/proc/$$/fd/1" -ef /proc/self/fd/1 ]; then __pgup_can=1; fi 2>/dev/null
__pgup_boot=
if [ -r /proc/sys/kernel/random/boot_id ]; then read -r __pgup_boot </proc/sys/kernel/random/boot_id; fi
case "$(command -v printf)" in printf) __pgup_printf=1 ;; *) __pgup_printf=0 ;; esac
__pgup_last() { read -r __pgup_x __pgup_x __pgup_x __pgup_x __pgup_pid </proc/loadavg; }
__pgup_free() {
  [ "$__pgup_can" = 1 ] || return 1
  __pgup_i=$1 __pgup_n=0
  while __pgup_last; do
    [ "$__pgup_pid" -ne "$__pgup_i" ] || return 0
    [ "$__pgup_pid" -gt "$__pgup_i" ] || return 1
    while [ "$__pgup_i" -lt "$__pgup_pid" ]; do
      __pgup_i=$((__pgup_i + 1)) __pgup_n=$((__pgup_n + 1))
      [ "$__pgup_n" -le 400 ] || return 1
      [ -d "/proc/$__pgup_i" ] || continue
      for __pgup_f in "/proc/$__pgup_i/fd/"*; do
        if [ "$__pgup_f" -ef "/proc/$$/fd/1" ] || [ "$__pgup_f" -ef "/proc/$$/fd/2" ]; then return 1; fi
      done
      case "$__pgup_f" in *\\*) ;; *) continue ;; esac
      __pgup_x=
      { IFS= read -r __pgup_x <"/proc/$__pgup_i/cmdline"; } 2>/dev/null
      [ -z "$__pgup_x" ] || return 1
    done
  done
  return 1
}
__pgup_in() {
  exec 8>&1
  __pgup_whole=0
  trap '__pgup_s=$?; [ "$__pgup_whole" = 1 ] || [ "$__pgup_s" -lt 129 ] || printf "\\036%s%s exit\\036" "$__pgup_a" "$__pgup_b" >&8' EXIT
  shift $#
  eval "$__pgup_c"
  __pgup_s=$? __pgup_whole=1
  exit "$__pgup_s"
}
__pgup_run() {
  __pgup_a=$1 __pgup_b=$2 __pgup_c=$3
  [ "$__pgup_can" = 0 ] || __pgup_last
  __pgup_first=$__pgup_pid
  if [ $# -lt 4 ]; then
    (__pgup_in) </dev/null
  elif [ "$__pgup_printf" = 1 ]; then
    printf '%b' "$4" 2>/dev/null | (__pgup_in)
  else
    __pgup_b="$__pgup_b no-input"
    (exit 126)
  fi
  __pgup_s=$?
  if __pgup_free "$__pgup_first"; then __pgup_x=clean; else __pgup_x=spent; fi
  [ "$__pgup_b" != .1 ] || __pgup_x="$__pgup_x $__pgup_boot"
  printf '\\036%s%s %s %s\\036' "$__pgup_a" "$__pgup_b" "$__pgup_s" "$__pgup_x"
  printf '\\036%s%s %s %s\\036' "$__pgup_a" "$__pgup_b" "$__pgup_s" "$__pgup_x" >&2
}
`;

/** The line that runs one command. */
export function runLine(options: {
  nonce: string;
  number: number;
  text: string;
  stdin: Uint8Array | undefined;
}): Buffer {
  const { nonce, number, text, stdin } = options;
  const input = stdin === undefined ? '' : ` '${octal(stdin)}'`;
  return encodeText(`__pgup_run '${nonce}' '.${number}' ${always(text)}${input}\n`);
}

/** The line that runs one command whose input is the rest of the channel, and ends the shell with it. */
export function errandLine(nonce: string, text: string): string {
  const ready = `printf '\\036%s%s ready\\036' '${nonce.slice(0, 16)}' '${nonce.slice(16)}'`;
  return `__pgup_a='${nonce}' __pgup_b=.1 __pgup_c=${always(text)}\n{ ${ready}; (__pgup_in); exit; }\n`;
}

function always(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Bytes for `printf %b`: plain characters as they are, all else in octal, so that any shell keeps them. */
function octal(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    const plain = byte >= 0x20 && byte < 0x7f && byte !== 0x5c && byte !== 0x27;
    text += plain ? String.fromCharCode(byte) : `\\0${byte.toString(8).padStart(3, '0')}`;
  }
  return text;
}

/** How a command ended, as its shell says. */
export interface EndMark {
  readonly status: number;
  /** The shell has no `printf` of its own, so the input would have stood in argv: the command was not run. */
  readonly inputRefused: boolean;
  /** The host's boot id, with a session's first answer. */
  readonly boot: string | undefined;
  /** A background process of the command still holds the session's outputs. */
  readonly spent: boolean;
  /** Where the mark begins: everything before it is the command's output. */
  readonly at: number;
}

const RS = '\x1e';

/** Collects one output of one command until its end mark. */
export class Collector {
  readonly #open: Buffer;
  readonly #number: string;
  readonly #given: Buffer;
  #chunks: Buffer[] = [];
  #size = 0;
  #tail = Buffer.alloc(0);
  mark: EndMark | undefined;
  /** The mark of an earlier command was seen: it had said its end itself and went on. Whose output this is, who knows. */
  mixed = false;
  /** Something came behind our own mark: it was not the shell that set it. */
  trailed = false;

  constructor(nonce: string, number: number) {
    this.#open = Buffer.from(`${RS}${nonce}.`);
    this.#number = String(number);
    this.#given = Buffer.from(`${RS}${nonce}.${number} exit${RS}`);
  }

  get size(): number {
    return this.#size;
  }

  /** Takes a chunk; true once the mark is complete. */
  push(chunk: Buffer): boolean {
    if (this.mark) {
      this.trailed = true;
      return true;
    }
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    // The mark may be split over chunks: look again from a little before the new one.
    const window = Buffer.concat([this.#tail, chunk]);
    const found = this.#look(window);
    if (!found) this.#tail = Buffer.from(window.subarray(Math.max(0, window.length - 160)));
    return found;
  }

  #look(window: Buffer): boolean {
    let from = 0;
    for (;;) {
      const at = window.indexOf(this.#open, from);
      if (at < 0) return false;
      const end = window.indexOf(RS, at + this.#open.length);
      if (end < 0) return false;
      const [number, ...words] = window.toString('latin1', at + this.#open.length, end).split(' ');
      if (number !== this.#number) {
        this.mixed = true;
      } else if (words[0] !== 'exit') {
        this.mark = readMark(words, this.#size - window.length + at);
        this.trailed = end + 1 < window.length;
        return true;
      }
      from = end + 1;
    }
  }

  /** The output, and whether the command gave its status on purpose. */
  finish(): { readonly output: Buffer; readonly given: boolean } {
    const all = Buffer.concat(this.#chunks).subarray(0, this.mark?.at);
    this.#chunks = [];
    const given = all.indexOf(this.#given);
    if (given < 0) return { output: all, given: false };
    return { output: Buffer.concat([all.subarray(0, given), all.subarray(given + this.#given.length)]), given: true };
  }
}

function readMark(words: readonly string[], at: number): EndMark {
  const inputRefused = words[0] === 'no-input';
  const [status, state, boot] = inputRefused ? words.slice(1) : words;
  return { status: Number(status), inputRefused, spent: state !== 'clean', boot, at };
}

/** A shell's status as an ending. 129 to 159 mean a signal, except where the command chose the number itself. */
export function endingOf(status: number, given: boolean): Ending {
  const signal = status > 128 && !given ? SIGNALS[status - 128] : undefined;
  return signal === undefined ? { kind: 'exited', code: status } : { kind: 'signalled', signal: `SIG${signal}` };
}

/** Linux's numbers on every architecture that PostgreSQL is packaged for. */
const SIGNALS = (
  ' HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG ' +
  'XCPU XFSZ VTALRM PROF WINCH IO PWR SYS'
).split(' ');

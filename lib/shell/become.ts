import { PgupError } from '../errors.ts';
import type { Secret } from '../secret.ts';

/** How the login user becomes another one. */
export interface Become {
  readonly kind: 'become';
  readonly user: string;
  readonly method: 'sudo' | 'su' | 'doas' | 'runuser';
  /** For sudo, where it asks. Given on standard input after its prompt, never before. */
  readonly password?: Secret | undefined;
}

/** From whom to whom a shell goes: login user, then `become`, then `as`. */
export interface Way {
  readonly login: string;
  readonly become: Become | undefined;
  /** The user of this one shell, where it is another than the one that `become` gives. */
  readonly as: string | undefined;
}

/** The user that a shell ends up as. */
export function userOf({ login, become, as }: Way): string {
  return as ?? become?.user ?? login;
}

/** A random word that a shell prints when it is ready. Written in two halves, so that an echo of it is not it. */
export interface Token {
  readonly left: string;
  readonly right: string;
}

/**
 * The command line that becomes the user and then reads commands. It is parsed by the login shell, which may be bash,
 * dash, fish or csh: only what is spelt the same in all of them stands in it, one pair of single quotes included.
 */
export function shellLine(options: { way: Way; ready: Token; prompt: string | undefined }): string {
  const { way, ready, prompt } = options;
  const word = `${ready.left}\\${ready.right}`;
  const { before, runuser } = steps(way, prompt);
  // LC_ALL was for the messages of sudo and su; a login's own language, LANG, comes through them.
  const unset = before.length > 0 ? 'unset LC_ALL;' : '';
  const boot = `${unset}echo ${word};echo ${word} >&2;exec /bin/sh`;
  // runuser lives where only administrators look; su and sudo keep the login user's PATH.
  const inner =
    runuser === undefined
      ? boot
      : `PATH=$PATH:/usr/sbin:/sbin;exec runuser -u ${checkedUser(runuser)} -- /bin/sh -c "${boot}"`;
  return ['exec', ...before, ...(before.includes('su') ? [] : ['/bin/sh']), '-c', `'${inner}'`].join(' ');
}

interface Steps {
  /** The words before the shell. */
  readonly before: readonly string[];
  /** From root to this user. */
  readonly runuser: string | undefined;
}

function steps(way: Way, prompt: string | undefined): Steps {
  const { login, become, as } = way;
  const user = userOf(way);
  if (user === login) return { before: [], runuser: undefined };
  // root needs no sudo to become somebody, and a bare host may have none.
  if (login === 'root' && become?.method !== 'su') return { before: [], runuser: user };
  if (!become || as === undefined) return { before: becomeWords(way, user, prompt), runuser: undefined };
  if (become.user === 'root') return { before: becomeWords(way, 'root', prompt), runuser: user };
  return { before: becomeWords(way, user, prompt), runuser: undefined };
}

function becomeWords({ login, become }: Way, to: string, prompt: string | undefined): string[] {
  const user = checkedUser(to);
  switch (become?.method ?? 'sudo') {
    case 'sudo':
      return [
        'env',
        'LC_ALL=C',
        'sudo',
        ...(prompt === undefined ? ['-n'] : ['-S', '-p', prompt]),
        '-H',
        '-u',
        user,
        '--',
      ];
    case 'doas':
      return ['doas', '-n', '-u', user, '--'];
    case 'su':
      return ['env', 'LC_ALL=C', 'su', '-s', '/bin/sh', user];
    case 'runuser':
      throw new PgupError('become', `runuser works for root only, and the login user is ${login}`, {
        next: 'set ansible_become_method=sudo, or log in as root',
      });
  }
}

/** A user name that needs no quoting in any shell. Others exist on no host that we know, and are refused. */
export function checkedUser(user: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(user) && user.length <= 64) return user;
  throw new PgupError('become', `"${user}" is not a user name`);
}

/** The letter about a shell that ended before it was ready. */
export function becomeRefusal(options: {
  host: string;
  way: Way;
  stderr: string;
  stdout: string;
  code: number | undefined;
}): PgupError {
  const { host, way, stderr, stdout, code } = options;
  const user = userOf(way);
  const output = (stderr.trim() || stdout.trim()).slice(-2000);
  const letter = (text: string, next: string): PgupError => new PgupError('become', text, { host, next, output });
  if (way.become === undefined && way.as === undefined) {
    return new PgupError(
      'transport',
      `the login shell of ${way.login} on ${host} runs no commands: ${lastLine(output)}`,
      {
        host,
        output,
        next: `on ${host}: getent passwd ${way.login}; its last field must be a shell, and its start-up files must not exit`,
      },
    );
  }
  if (/must have a tty|requiretty/i.test(stderr)) {
    return letter(
      `sudo on ${host} wants a terminal (requiretty), and pgup works without one`,
      `in sudoers on ${host}: Defaults:${way.login} !requiretty`,
    );
  }
  const method = way.become?.method ?? 'sudo';
  if ((method === 'su' && asksForPassword(output)) || (method === 'doas' && /authentication required/i.test(stderr))) {
    return letter(
      `${method} on ${host} wants a password, and pgup gives passwords to sudo only`,
      `let ${way.login} become ${user} without one, or set ansible_become_method=sudo`,
    );
  }
  if (needsPassword(stderr)) {
    return letter(
      `sudo on ${host} wants the password of ${way.login}, and none was given`,
      'give it with --ask-become-pass or as ansible_become_password (encrypted), or allow NOPASSWD in sudoers',
    );
  }
  if (/not in the sudoers|not allowed to (execute|run)|may not run|operation not permitted/i.test(stderr)) {
    return letter(
      `${method} on ${host} does not let ${way.login} become ${user}: ${lastLine(output)}`,
      method === 'doas' ? 'see /etc/doas.conf there' : `see there: sudo -l -U ${way.login}`,
    );
  }
  if (/unknown user|does not exist|invalid user|no passwd entry/i.test(stderr)) {
    return letter(`there is no user ${user} on ${host}: ${lastLine(output)}`, `on ${host}: getent passwd ${user}`);
  }
  if (code === 127 || /not found|no such file/i.test(stderr)) {
    return letter(
      `${way.login === 'root' ? 'runuser' : method} is not installed on ${host}: ${lastLine(output)}`,
      `log in to ${host} as root (ansible_user=root), or install it`,
    );
  }
  return letter(
    `${way.login} could not become ${user} on ${host}: ${lastLine(output) || `exit code ${code ?? 'unknown'}`}`,
    `try it there by hand: sudo -u ${user} id`,
  );
}

/** What `sudo -n` says (LC_ALL=C) where a password is needed. */
export function needsPassword(stderr: string): boolean {
  return /a password is required|interactive authentication is required/i.test(stderr);
}

/** su asks, where it wants a password; without a terminal on whatever it has. Its answer would be the next command. */
export function asksForPassword(output: string): boolean {
  return /password: ?$/i.test(output);
}

export function wrongPassword(options: { host: string; way: Way; output: string }): PgupError {
  const { host, way, output } = options;
  return new PgupError('become', `sudo on ${host} refused the password of ${way.login}; it was tried once`, {
    host,
    output,
    next: `look at ansible_become_password for ${host}, or run with --ask-become-pass`,
  });
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? '';
}

/**
 * A file's permissions after a wanted mode is laid over the ones it has. The mode is octal text, a number (which YAML
 * made of octal digits), or symbolic as chmod takes it. Undefined: the mode cannot be read.
 */
export function wantedMode(
  mode: string | number,
  { current, directory, umask = 0o022 }: { current: number; directory: boolean; umask?: number },
): number | undefined {
  if (typeof mode === 'number') return mode >= 0 && mode <= 0o7777 ? mode : undefined;
  const digits = /^0?o?([0-7]{1,4})$|^0([0-7]{4})$/.exec(mode);
  if (digits) return parseInt(digits[1] ?? digits[2] ?? '', 8);
  let bits = current;
  for (const clause of mode.split(',')) {
    const [, who, actions] = /^([ugoa]*)((?:[-+=](?:[rwxXst]*|[ugo]))+)$/.exec(clause) ?? [];
    if (who === undefined || actions === undefined) return undefined;
    for (const [, operator = '', what = ''] of actions.matchAll(/([-+=])([rwxXstugo]*)/g)) {
      bits = applied(bits, { who, operator, what, directory, umask });
    }
  }
  return bits;
}

interface Clause {
  readonly who: string;
  readonly operator: string;
  readonly what: string;
  readonly directory: boolean;
  readonly umask: number;
}

const SHIFT: Readonly<Record<string, number>> = { u: 6, g: 3, o: 0 };

function applied(bits: number, { who, operator, what, directory, umask }: Clause): number {
  const everyone = who === '' || who.includes('a');
  const classes = everyone ? ['u', 'g', 'o'] : who.split(/(?:)/);
  let given = 0;
  let cleared = 0;
  for (const each of classes) {
    const shift = SHIFT[each] ?? 0;
    const permissions = permissionsOf(what, bits, directory) << shift;
    // without a class the umask holds back what it always holds back
    given |= who === '' ? permissions & ~umask : permissions;
    cleared |= 0o7 << shift;
    if (what.includes('s') && each === 'u') given |= 0o4000;
    if (what.includes('s') && each === 'g') given |= 0o2000;
    if (each === 'u') cleared |= 0o4000;
    if (each === 'g') cleared |= 0o2000;
    if (each === 'o') cleared |= 0o1000;
  }
  if (what.includes('t') && (everyone || who.includes('o') || who.includes('u'))) given |= 0o1000;
  switch (operator) {
    case '+':
      return bits | given;
    case '-':
      return bits & ~given;
    default:
      return (bits & ~cleared) | given;
  }
}

/** The three bits that `rwX` or a copied class stands for. */
function permissionsOf(what: string, bits: number, directory: boolean): number {
  const copied = /^[ugo]$/.test(what) ? SHIFT[what] : undefined;
  if (copied !== undefined) return (bits >> copied) & 0o7;
  const anyExecute = directory || (bits & 0o111) !== 0;
  return (
    (what.includes('r') ? 4 : 0) |
    (what.includes('w') ? 2 : 0) |
    (what.includes('x') || (what.includes('X') && anyExecute) ? 1 : 0)
  );
}

/** For chmod: with a digit more than it needs, or a directory keeps the set-id bits that it has. */
export function chmodText(mode: number): string {
  return `0${modeText(mode).padStart(4, '0')}`;
}

/** `0644` and `02755`, as Ansible shows modes. */
export function modeText(mode: number): string {
  return `0${(mode & 0o7777).toString(8).padStart(3, '0')}`;
}

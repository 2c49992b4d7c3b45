/**
 * Names of migrations, short and complete: `circuits.0023`, `extras.0122–0131`. App and number tell a migration; one
 * whose name does not begin with a number is written out.
 */
export function nameMigrations(names: readonly string[]): string {
  const apps = new Map<string, number[]>();
  const others: string[] = [];
  for (const name of names) {
    const [, app, number] = /^(\w+)\.(\d{4})(_|$)/.exec(name) ?? [];
    if (app === undefined || number === undefined) others.push(name);
    else apps.set(app, [...(apps.get(app) ?? []), Number(number)]);
  }
  return [...[...apps].map(([app, numbers]) => `${app}.${ranges(numbers)}`), ...others].join(', ');
}

function ranges(numbers: readonly number[]): string {
  const text = (number: number): string => String(number).padStart(4, '0');
  const runs: [number, number][] = [];
  for (const number of [...new Set(numbers)].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last?.[1] === number - 1) last[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([from, to]) => (from === to ? text(from) : `${text(from)}–${text(to)}`)).join('+');
}

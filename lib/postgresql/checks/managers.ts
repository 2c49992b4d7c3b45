import { finding, type Finding } from '../../finding.ts';
import type { Process } from '../survey/host.ts';

/** Programs that start, stop, move or front clusters by themselves. */
const MANAGERS: readonly { readonly check: string; readonly name: string; readonly word: RegExp }[] = [
  { check: 'patroni', name: 'Patroni', word: /^patroni$/ },
  { check: 'repmgr', name: 'repmgr', word: /^repmgrd?$/ },
  { check: 'pg-auto-failover', name: 'pg_auto_failover', word: /^pg_autoctl$/ },
  { check: 'stolon', name: 'Stolon', word: /^stolon-(keeper|sentinel|proxy)$/ },
  { check: 'pgbouncer', name: 'PgBouncer', word: /^pgbouncer$/ },
  { check: 'pgpool', name: 'Pgpool-II', word: /^pgpool$/ },
];

/** What would bring the old cluster back, or hold connections to it, in the middle of the upgrade. */
export function checkManagers(host: string, processes: readonly Process[]): readonly Finding[] {
  return MANAGERS.flatMap(({ check, name, word }) => {
    const running = processes.filter(({ command }) => isProgram(command, word));
    const [first] = running;
    if (!first) return [];
    const where = first.unit || `process ${first.pid}`;
    return [
      finding(
        host,
        check,
        `${name} runs (${where}): this version of pgup does not know how to keep it from working against the upgrade`,
        `take the cluster out of ${name}'s hands first: stop and disable ${first.unit || name}`,
      ),
    ];
  });
}

/** The program itself, or the script that an interpreter runs; further words are arguments. */
function isProgram([program = '', ...rest]: readonly string[], word: RegExp): boolean {
  const base = (path: string): string => path.replace(/^.*\//, '').replace(/:$/, '');
  if (word.test(base(program))) return true;
  const script = rest.find((each) => !each.startsWith('-')) ?? '';
  return /^(python|perl|ruby|sh|bash|dash)[\d.]*$/.test(base(program)) && word.test(base(script));
}

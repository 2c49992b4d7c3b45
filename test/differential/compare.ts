import type { PlaybookRun, TaskResult } from './runs.ts';

/** One thing that is not the same under both. */
export interface Difference {
  /** `HOST #N MODULE`: the N-th task that the host came to. */
  readonly task: string;
  /** Where in the registered value: `results.0.stdout`; `status` for what the task came to. */
  readonly path: string;
  /** What the task came to under Ansible. */
  readonly status: string | undefined;
  readonly ansible: unknown;
  readonly pgup: unknown;
}

/** What each host came to, task by task, in both runs. */
export function compareRuns(ansible: PlaybookRun, pgup: PlaybookRun): readonly Difference[] {
  const hosts = new Set([...ansible.results, ...pgup.results].map((each) => each.host));
  return [...hosts].sort().flatMap((host) => {
    const of = (run: PlaybookRun): readonly TaskResult[] => run.results.filter((each) => each.host === host);
    const [theirs, ours] = [of(ansible), of(pgup)];
    const both = Array.from({ length: Math.max(theirs.length, ours.length) }, (_, index) => index);
    return both.flatMap((index) => {
      const [their, our] = [theirs[index], ours[index]];
      const module = (their?.module ?? our?.name ?? '').replace(/^ansible\.builtin\./, '');
      const task = `${host} #${index + 1} ${module}`;
      const status = their?.status;
      const about = { task, status };
      if (!their || !our) return [{ ...about, path: 'status', ansible: status, pgup: our?.status }];
      const differs = (path: string, one: string, other: string): readonly Difference[] =>
        one === other ? [] : [{ ...about, path, ansible: one, pgup: other }];
      return [
        ...(their.name === '' ? [] : differs('name', their.name, our.name)),
        ...differs('status', their.status, our.status),
        ...compareValues(about, '', plain(their), plain(our)),
      ];
    });
  });
}

/** Statuses are compared by themselves; what a callback of Ansible is not given stands in them. */
function plain({ status, values }: TaskResult): Readonly<Record<string, unknown>> {
  if (status === 'unreachable') return {};
  return Object.fromEntries(
    Object.entries(values).filter(([name]) => !['failed', 'skipped', 'unreachable'].includes(name)),
  );
}

type About = Pick<Difference, 'task' | 'status'>;

function compareValues(about: About, path: string, ansible: unknown, pgup: unknown): readonly Difference[] {
  if (Array.isArray(ansible) && Array.isArray(pgup) && ansible.length === pgup.length) {
    return ansible.flatMap((each, index) => compareValues(about, joined(path, String(index)), each, pgup[index]));
  }
  if (isMap(ansible) && isMap(pgup)) {
    const names = new Set([...Object.keys(ansible), ...Object.keys(pgup)]);
    return [...names].flatMap((name) => compareValues(about, joined(path, name), ansible[name], pgup[name]));
  }
  return JSON.stringify(ansible) === JSON.stringify(pgup) ? [] : [{ ...about, path, ansible, pgup }];
}

function joined(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function shown({ task, path, ansible, pgup }: Difference): string {
  const short = (value: unknown): string => (value === undefined ? '(absent)' : JSON.stringify(value)).slice(0, 300);
  return `${task}: ${path}\n    ansible: ${short(ansible)}\n    pgup:    ${short(pgup)}`;
}

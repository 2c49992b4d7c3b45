import type { Difference } from './compare.ts';

/** Something that is not the same under both on purpose, or cannot be, and why. */
interface Deviation {
  /** Which playbook; all where not given. */
  readonly playbook?: string;
  /** Which module, by the task's name. */
  readonly task?: RegExp;
  readonly path: RegExp;
  /** Only where this is so of what the tools registered. */
  readonly where?: (difference: Difference) => boolean;
  readonly why: string;
}

const failed = ({ status }: Difference): boolean => status === 'failed' || status === 'ignored';

export const DEVIATIONS: readonly Deviation[] = [
  { path: /(^|\.)(?:start|end|delta|elapsed)$/, why: 'moments and spans are never the same' },
  {
    path: /(^|\.)(?:invocation|warnings|deprecations|exception|failed_when_suppressed_exception|ansible_facts|diff|_ansible_\w+)(?:\.|$)/,
    why: 'what Ansible says of itself, its options and its Python',
  },
  {
    path: /(^|\.)(?:msg|details|changed_when_result|failed_when_result)$/,
    where: failed,
    why: 'what went wrong is said in words of its own, with file, line and column where an expression is at fault',
  },
  {
    task: / (?:copy|file)$/,
    path: /(^|\.)(?:path|uid|gid|owner|group|mode|state|size|checksum|src|dest)$/,
    where: failed,
    why: 'Ansible writes the file first and then fails on its owner or mode; pgup has not made it, so it has no facts of it',
  },
  {
    task: / copy$/,
    path: /(^|\.)src$/,
    why: 'Ansible\'s is the temporary file on the host that its module copied; pgup\'s is the file of the controller as it is written, and it is absent with "content"',
  },
  {
    task: / stat$/,
    path: /^(?:results\.\d+\.)?stat\.(?:inode|dev|atime|mtime|ctime|version|nlink|size|blocks|device_type)$/,
    where: ({ ansible, pgup }) => typeof ansible === typeof pgup,
    why: 'numbers of two hosts, which are two file systems',
  },
  {
    task: / systemd(?:_service)?$/,
    path: /^(?:results\.\d+\.)?status\.\w+$/,
    where: ({ path }) => !STEADY.test(path),
    why: 'properties of a unit with moments, process ids and orders that two hosts do not share; those that mean something are compared',
  },
  {
    task: / (?:command|shell)$/,
    path: /^rc$/,
    where: ({ ansible, pgup }) => Number(ansible) < 0 && Number(pgup) === 128 - Number(ansible),
    why: 'a process that a signal ended: Python says -9, the shell of the host 137',
  },
  {
    task: / (?:apt|package)$/,
    path: /^(?:stdout|stderr|stdout_lines|stderr_lines|rc)(?:\.|$)/,
    why: 'what apt-get prints depends on the options that it is called with, and on "sudo" in its environment',
  },
  {
    task: / (?:apt|package)$/,
    path: /^cache_(?:updated|update_time)$/,
    where: (difference) => failed(difference) || typeof difference.ansible === typeof difference.pgup,
    why: 'moments; and where it failed, Ansible tells of the lists or not by where in its module it was',
  },
  {
    task: / copy$/,
    path: /^backup_file$/,
    where: ({ ansible, pgup }) => typeof ansible === typeof pgup,
    why: 'has a moment in it',
  },
  { path: /^timedout\.frame$/, why: 'where Ansible was in its own code' },
  { task: / apt$/, path: /^msg$/, where: ({ ansible }) => ansible === '', why: 'an empty text that says nothing' },
  {
    playbook: 'check.yml',
    path: /^status$/,
    task: / (?:command|shell)$/,
    why: 'a command is not skipped without a word under --check: pgup says that it would be run; what is registered is the same',
  },
  {
    playbook: 'check-task.yml',
    path: /^status$/,
    task: / (?:command|shell)$/,
    why: 'as in check.yml',
  },
  {
    task: / uri$/,
    path: /^(?:redirected|url|status)$/,
    where: ({ ansible, pgup }) => ansible === undefined || pgup === undefined,
    why: 'of an address that is none Ansible tells some of its fields and not others',
  },
  {
    path: /^changed$/,
    where: (difference) => failed(difference) && difference.ansible === undefined,
    why: 'pgup says of every result whether it changed something',
  },
];

const STEADY = /\.(?:Id|Names|LoadState|ActiveState|SubState|UnitFileState|FragmentPath|Description|Type|Result)$/;

/** The deviations that a difference is one of. */
export function knownAs(playbook: string, difference: Difference): readonly Deviation[] {
  return DEVIATIONS.filter(
    (each) =>
      (each.playbook === undefined || each.playbook === playbook) &&
      (each.task === undefined || each.task.test(difference.task)) &&
      each.path.test(difference.path) &&
      (each.where === undefined || each.where(difference)),
  );
}

export function isKnown(playbook: string, difference: Difference): boolean {
  return knownAs(playbook, difference).length > 0;
}

import type { ModuleCatalogue } from '../../lib/playbook/catalogue.ts';
import { didYouMean } from '../../lib/nearest.ts';

/** Modules with nothing but names: what reading a playbook is tested against. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  command: ['cmd', 'argv', 'chdir', 'creates', 'removes', 'stdin'],
  shell: ['cmd', 'chdir', 'creates', 'removes', 'stdin'],
  copy: ['src', 'content', 'dest', 'mode', 'owner', 'group'],
  file: ['path', 'state', 'mode', 'owner', 'group'],
  debug: ['msg', 'var'],
  set_fact: [],
  postgresql_install: ['version', 'target'],
};

export const testModules: ModuleCatalogue = {
  has: (name) => Object.hasOwn(ARGUMENTS, name),
  names: () => Object.keys(ARGUMENTS),
  freeForm: (name) => (name === 'command' || name === 'shell' ? 'cmd' : undefined),
  expressionsOf: () => [],
  argumentsOf: (name) => ARGUMENTS[name] ?? [],
  validate: (name, args) => {
    const known = ARGUMENTS[name] ?? [];
    const unknown = name === 'set_fact' ? [] : Object.keys(args).filter((each) => !known.includes(each));
    const issues = unknown.map((each) => ({
      path: [each],
      key: true,
      text: `"${name}" has no argument "${each}"${didYouMean(each, known)}`,
    }));
    if (
      name === 'file' &&
      typeof args['state'] === 'string' &&
      !['absent', 'directory', 'file'].includes(args['state'])
    ) {
      return [...issues, { path: ['state'], text: `"state" is absent, directory or file, not "${args['state']}"` }];
    }
    return issues;
  },
};

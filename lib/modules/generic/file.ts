import { z } from 'zod';
import type { ValueMap } from '../../inventory/inventory.ts';
import { answers, lines, outputAnswer, testAnswer, type Answers } from '../../shell/answers.ts';
import type { Command } from '../../shell/host-shell.ts';
import { raw, sh } from '../../shell/sh.ts';
import type { Decision, Module } from '../module.ts';
import { boolean, choice, ownership, text } from './arguments.ts';
import { madeBy, ownershipChange, type OwnershipChange } from './ownership.ts';
import { pathFacts, pathQuestion, pathValues, stateOf, type PathFacts } from './path-facts.ts';
import { codeOf, complaintOf, judgedLater } from './results.ts';

const STATES = ['file', 'directory', 'absent', 'link', 'hard', 'touch'] as const;

const schema = z
  .strictObject({
    path: text('the path').optional(),
    dest: text('the same as path').optional(),
    name: text('the same as path').optional(),
    state: choice(STATES, 'what it shall be; what it is, where not given').optional(),
    src: text('what a link leads to').optional(),
    ...ownership,
    recurse: boolean('owner, group and mode of everything inside a directory too').default(false),
    follow: boolean('links are followed').default(true),
    force: boolean('make a link although there is a file, or nothing where it leads').default(false),
    modification_time: text('for touch: "preserve", "now", or a moment as [[CC]YY]MMDDhhmm[.ss]').optional(),
    access_time: text('for touch: "preserve", "now", or a moment as [[CC]YY]MMDDhhmm[.ss]').optional(),
  })
  .refine(({ path, dest, name }) => (path ?? dest ?? name) !== undefined, {
    error: '"file" needs the argument "path"',
  });

type Arguments = z.output<typeof schema>;

/** Files, directories and links: there, gone, and whose. */
export const file: Module<Arguments> = {
  name: 'file',
  summary: 'Makes directories and links, sets owner, group and mode, removes what should not be there.',
  schema,
  scope: 'host',
  generic: true,
  paths: ['path', 'dest', 'name', 'src'],
  read: ({ arguments: args }) => ({ kind: 'query', command: question(args) }),
  decide: ({ arguments: args }, facts) => {
    const found: Answers = facts ? answers(facts) : new Map();
    if (found.has('it.denied')) return { kind: 'failed', says: `${pathOf(args)}: permission denied` };
    return decideState({
      args,
      found,
      path: pathOf(args),
      known: pathFacts(found, { name: 'it', path: pathOf(args) }),
    });
  },
  foresee: ({ arguments: args }) => ({ path: pathOf(args) }),
  report: ({ arguments: args }, results) => {
    const [last] = results;
    const path = pathOf(args);
    // what is there now is said after a failure, too
    const found = last ? answers({ ...last, ending: { kind: 'exited', code: 0 } }) : new Map<string, string>();
    const known = pathFacts(found, { name: 'it', path });
    if (last && codeOf(last) === 0) return { changed: true, values: valuesOf(args, known) };
    const says = last ? complaintOf(last) : 'nothing was done';
    return { changed: false, failed: says, values: { path, msg: says, ...(known ? pathValues(known) : {}) } };
  },
};

function pathOf({ path, dest, name }: Arguments): string {
  const given = path ?? dest ?? name ?? '';
  return given.length > 1 ? given.replace(/\/+$/, '') : given;
}

/** The path itself, what a link leads to, and which folders above are missing. */
function question(args: Arguments): Command {
  const path = pathOf(args);
  const questions = [pathQuestion({ name: 'it', path })];
  if (args.follow && args.state !== 'absent' && args.state !== 'link') {
    questions.push(pathQuestion({ name: 'followed', path, follow: true }));
  }
  if (args.src !== undefined) {
    questions.push(pathQuestion({ name: 'source', path: sourceOf(args, args.src), follow: args.state === 'link' }));
  } else if (args.state === 'link' || args.state === undefined) {
    // where the path is a link already, what it leads to
    questions.push(pathQuestion({ name: 'source', path, follow: true }));
  }
  if (args.state === 'touch') questions.push(...stampsOf(args).flatMap((each) => stampQuestion(each, path)));
  if (args.state === 'directory') questions.push(outputAnswer('missing', missingFolders(path)));
  if (args.state === 'link') questions.push(testAnswer('filled', sh`[ -n "$(ls -A ${path} 2>/dev/null)" ]`));
  if (args.recurse)
    questions.push(outputAnswer('inside', sh`find ${path} -mindepth 1 -printf '%y %m %U %G %u %g %p\\0'`));
  return lines(...questions, sh`printf 'umask %s\nuid %s\ngid %s\n' "$(umask)" "$(id -u)" "$(id -g)"`);
}

/** What a link leads to, from where it stands. */
function sourceOf({ state, ...args }: Arguments, src: string): string {
  const relative = state === 'link' && !src.startsWith('/');
  return relative ? `${pathOf({ ...args, state }).replace(/[^/]*$/, '')}${src}` : src;
}

/** The folders on the way to a path that are not there, the outermost first. */
function missingFolders(path: string): Command {
  return sh`__at=${path} __all=
while [ "$__at" != / ] && [ "$__at" != . ] && [ ! -e "$__at" ]; do
__all="$__at
$__all"; case $__at in */*) __at="\${__at%/*}"; [ -n "$__at" ] || __at=/ ;; *) __at=. ;; esac
done; printf %s "$__all"`;
}

interface State {
  readonly args: Arguments;
  readonly found: Answers;
  readonly path: string;
  readonly known: PathFacts | undefined;
}

function decideState(state: State): Decision {
  const { args, found, path, known } = state;
  const followed = args.follow ? pathFacts(found, { name: 'followed', path }) : undefined;
  const there = known?.kind === 'link' ? 'link' : undefined;
  const wanted = args.state ?? (known ? there : args.recurse ? 'directory' : 'file');
  switch (wanted) {
    case 'absent':
      return absent(state);
    case 'link':
      return link(state);
    case 'hard':
      return hard(state);
    case 'touch':
      return touch({ ...state, known: followed ?? known });
    case 'directory':
      return directory({ ...state, known: followed ?? known });
    case 'file': {
      const there = followed ?? known;
      if (there && (there.kind === 'file' || there.kind === 'link')) {
        // a link that is followed is spoken of by what it leads to
        const real = args.follow && known?.kind === 'link' ? known.source : undefined;
        return real === undefined
          ? attributes(state, there)
          : attributes({ ...state, args: { ...args, path: real }, path: real }, there);
      }
      const says = `file (${path}) is ${there ? stateOf(there) : 'absent'}, cannot continue`;
      return there ? refuse({ path, known: there }, says) : absentRefused(path, says);
    }
    case undefined:
      return attributes(state, followed ?? known);
  }
}

function refuse({ path, known }: Pick<State, 'path' | 'known'>, says: string): Decision {
  return { kind: 'failed', says, values: { path, msg: says, ...(known ? pathValues(known) : {}) } };
}

function absentRefused(path: string, says: string): Decision {
  return { kind: 'failed', says, values: { path, msg: says, state: 'absent' } };
}

/** One step that does all of it and then says what is there. */
function step(args: Arguments, says: readonly string[], commands: readonly Command[]): Decision {
  const path = pathOf(args);
  const all = commands.map(({ text: each }) => each).join(' &&\n');
  const asLink = args.state === 'link' || args.state === undefined;
  const look = pathQuestion({ name: 'it', path, follow: args.follow && !asLink });
  const command = raw(`( ${all}\n) >&2; __code=$?\n${look.text}\nexit "$__code"`);
  return {
    kind: 'steps',
    steps: [{ kind: 'change', says: says.join('; '), command, deadline: 3_600_000, judge: judgedLater }],
  };
}

function settled(
  args: Arguments,
  known: PathFacts | undefined,
  says: readonly string[],
  changes: readonly OwnershipChange[],
  before: readonly Command[] = [],
): Decision {
  const wrong = changes.find((each) => each.wrong !== undefined)?.wrong;
  if (wrong !== undefined) return refuse({ path: pathOf(args), known }, wrong);
  const commands = [...before, ...changes.flatMap((each) => each.commands)];
  const all = [...says, ...changes.flatMap((each) => each.says)];
  if (commands.length > 0) return step(args, all, commands);
  return { kind: 'nothing', reason: `${pathOf(args)} is as it should be`, values: valuesOf(args, known) };
}

function attributes({ args, found, path }: State, known: PathFacts | undefined): Decision {
  if (!known) return absentRefused(path, `file (${path}) is absent, cannot continue`);
  return settled(args, known, [], [ownershipChange({ ...known, path }, args), ...inside(args, found)]);
}

/** Everything in a directory, where the ownership goes for all of it. */
function inside(args: Arguments, found: Answers): readonly OwnershipChange[] {
  return (found.get('inside') ?? '')
    .split('\0')
    .filter((line) => line !== '')
    .map((line) => {
      const [type = '', mode = '0', uid, gid, owner = '', group = '', ...rest] = line.split(' ');
      const kind = type === 'd' ? 'directory' : type === 'l' ? 'link' : 'file';
      const present = {
        path: rest.join(' '),
        kind,
        mode: parseInt(mode, 8),
        uid: Number(uid),
        gid: Number(gid),
        owner,
        group,
      } as const;
      return ownershipChange(present, args);
    });
}

function absent({ args, path, known }: State): Decision {
  if (!known) return { kind: 'nothing', reason: `${path} is not there`, values: { path, state: 'absent' } };
  return step(
    args,
    [`remove ${path}${known.kind === 'directory' ? ' and everything in it' : ''}`],
    [sh`rm -rf -- ${path}`],
  );
}

function directory(state: State): Decision {
  const { args, found, path, known } = state;
  if (known?.kind === 'directory') return attributes(state, known);
  if (known) return refuse({ path, known }, `${path} already exists as a ${stateOf(known)}`);
  const missing = (found.get('missing') ?? '').split('\n').filter((each) => each !== '');
  const made = missing.map((each) => ownershipChange(made1(found, each, 'directory'), args));
  return settled(
    args,
    known,
    missing.map((each) => `make the directory ${each}`),
    made,
    missing.map((each) => sh`mkdir -- ${each}`),
  );
}

function made1(found: Answers, path: string, kind: 'file' | 'directory') {
  return madeBy({
    path,
    kind,
    umask: parseInt(found.get('umask') ?? '022', 8),
    uid: Number(found.get('uid')),
    gid: Number(found.get('gid')),
  });
}

function link(state: State): Decision {
  const { args, found, path, known } = state;
  const target = args.src ?? known?.target;
  if (target === undefined) return refuse({ path, known }, 'a link needs "src": what it leads to');
  const led0 = args.src === undefined ? path : sourceOf(args, args.src);
  const source = pathFacts(found, { name: 'source', path: led0 });
  if (args.src !== undefined && !source && !args.force && known?.target !== target) {
    return refuse({ path, known }, `${target}, where the link would lead, is not there: "force" makes it nevertheless`);
  }
  // what is said of owner, group and mode is about what the link leads to, where it is followed
  const led = args.follow && source ? ownershipChange(source, args) : undefined;
  if (known?.kind === 'link' && known.target === target)
    return settled(args, known, [], [led ?? ownershipChange(known, args)]);
  if (known && known.kind !== 'link' && !args.force) {
    return refuse({ path, known }, `${path} is a ${stateOf(known)}, which is not replaced by a link without "force"`);
  }
  if (known?.kind === 'directory' && found.has('filled'))
    return refuse({ path, known }, `the directory ${path} is not empty and is not replaced by a link`);
  const commands = [...(known?.kind === 'directory' ? [sh`rmdir -- ${path}`] : []), sh`ln -sfn -- ${target} ${path}`];
  const owner = args.owner ?? '';
  const whom = args.group === undefined ? owner : `${owner}:${args.group}`;
  return step(
    args,
    [`link ${path} to ${target}`],
    [...commands, ...(led ? led.commands : whom === '' ? [] : [sh`chown -h ${whom} -- ${path}`])],
  );
}

function hard({ args, found, path, known }: State): Decision {
  const source = args.src === undefined ? undefined : pathFacts(found, { name: 'source', path: args.src });
  if (args.src === undefined || !source)
    return refuse({ path, known }, 'a hard link needs "src": a file that is there');
  if (known && known.inode === source.inode && known.dev === source.dev)
    return settled(args, known, [], [ownershipChange(known, args)]);
  if (known && !args.force)
    return refuse({ path, known }, `${path} is there already, and is not replaced by a hard link without "force"`);
  return step(args, [`link ${path} to the file ${args.src}`], [sh`ln -f -- ${args.src} ${path}`]);
}

function touch({ args, found, path, known }: State): Decision {
  const stamps = stampsOf(args);
  const kept = stamps.every(({ name, stamp }) => stamp === 'preserve' || found.get(name) === found.get(`${name}.is`));
  if (known && kept) return settled(args, known, [], [ownershipChange({ ...known, path }, args)]);
  // where nothing is said of a new file's times, or "preserve", they are now
  const commands = stamps.flatMap(({ flag, stamp }): readonly Command[] => {
    if (stamp === 'preserve') return known ? [] : [sh`touch -c ${raw(flag)} -- ${path}`];
    return [stamp === 'now' ? sh`touch ${raw(flag)} -- ${path}` : sh`touch ${raw(flag)} -t ${stamp} -- ${path}`];
  });
  if (known) return settled(args, known, [`touch ${path}`], [ownershipChange({ ...known, path }, args)], commands);
  const { commands: owning, says, wrong } = ownershipChange(made1(found, path, 'file'), args);
  if (wrong !== undefined) return refuse({ path, known }, wrong);
  // what could not be made as it was wanted is not left behind
  const settling = owning.map((each) => sh`{ ${each} || { rm -f -- ${path}; false; }; }`);
  return step(args, [`touch ${path}`, ...says], [sh`touch -- ${path}`, ...settling, ...commands]);
}

interface Stamp {
  readonly name: 'mtime' | 'atime';
  readonly flag: '-m' | '-a';
  /** `now`, `preserve`, or `[[CC]YY]MMDDhhmm[.ss]` in the host's time zone. */
  readonly stamp: string;
}

function stampsOf({ modification_time: modified = 'now', access_time: accessed = 'now' }: Arguments): readonly Stamp[] {
  return [
    { name: 'mtime', flag: '-m', stamp: modified },
    { name: 'atime', flag: '-a', stamp: accessed },
  ];
}

/** The moment that a stamp is, and the one that the file has: they are the same where nothing is to be done. */
function stampQuestion({ name, stamp }: Stamp, path: string): readonly Command[] {
  const [, date, time, seconds = '00'] = /^(\d{8})(\d{4})(?:\.(\d\d))?$/.exec(stamp) ?? [];
  if (date === undefined || time === undefined) return [];
  const day = date.replace(/^(....)(..)/, '$1-$2-');
  const words = `${day} ${time.slice(0, 2)}:${time.slice(2)}:${seconds}`;
  const format = name === 'mtime' ? '%Y' : '%X';
  return [
    outputAnswer(name, sh`date -d ${words} +%s`),
    outputAnswer(`${name}.is`, sh`stat -L -c ${format} -- ${path}`),
  ];
}

/** As Ansible does: links and touched files are named by `dest`, all else by `path`. */
function valuesOf(args: Arguments, known: PathFacts | undefined): ValueMap {
  const path = pathOf(args);
  if (!known) return { path, state: 'absent' };
  const { src = known.target ?? '' } = args;
  if (args.state === 'link' || (args.state === undefined && known.kind === 'link'))
    return { dest: path, src, ...(known.dangling ? {} : pathValues(known)) };
  const values = pathValues(known);
  if (args.state === 'hard') return { dest: path, src, ...values };
  const hard = args.state === undefined && stateOf(known) === 'hard';
  if (args.state === 'touch' || hard) return { dest: path, ...values };
  return { path: args.path ?? args.dest ?? args.name ?? path, ...values };
}

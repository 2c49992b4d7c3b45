import { createHash } from 'node:crypto';
import { basename, dirname } from 'node:path';
import { z } from 'zod';
import type { Value } from '../../inventory/inventory.ts';
import { evaluate } from '../../playbook/expressions.ts';
import { Secret } from '../../secret.ts';
import { answers, fileAnswer, lines, outputAnswer, testAnswer, type Answers } from '../../shell/answers.ts';
import type { Command, Query } from '../../shell/host-shell.ts';
import { raw, sh } from '../../shell/sh.ts';
import type { Decision, Input, Module, ModuleContext, Step } from '../module.ts';
import { boolean, ownership, text } from './arguments.ts';
import { copyOnHost } from './copy-on-host.ts';
import { candidates, lookStep } from './copy-targets.ts';
import { localFiles, type LocalFile } from './local-files.ts';
import { chmodText, modeText, wantedMode } from './mode.ts';
import { ownershipChange } from './ownership.ts';
import { pathFacts, pathQuestion, pathValues, type PathFacts } from './path-facts.ts';
import { codeOf, complaintOf, orFail, outOf } from './results.ts';

const schema = z
  .strictObject({
    src: text('the file or folder on the controller, beside the playbook or in its folder "files"').optional(),
    content: z.unknown().describe('the content itself; a mapping or list is written as JSON').optional(),
    dest: text('the file on the host; ending in /, the folder'),
    ...ownership,
    directory_mode: ownership.mode.describe('the mode of folders that are made'),
    backup: boolean('keep the file that was there beside the new one').default(false),
    force: boolean('replace a file that is there and differs').default(true),
    remote_src: boolean('src is a file on the host').default(false),
    validate: text('a command that must accept the new file, %s in it').optional(),
    follow: boolean('where dest is a link, write the file that it leads to').default(false),
    local_follow: boolean('accepted: links of the controller are followed').default(true),
    checksum: text('the SHA-1 that src must have').optional(),
  })
  .refine(({ src, content }) => (src === undefined) !== (content === undefined), {
    error: '"copy" needs "src" or "content", one of them',
  });

type Arguments = z.output<typeof schema>;
type Context = ModuleContext<Arguments>;

/** Brings files of the controller, or a text, to the host. */
export const copy: Module<Arguments> = {
  name: 'copy',
  summary: 'Brings files of the controller, or a text, to the host.',
  schema,
  verbatim: true,
  scope: 'host',
  generic: true,
  paths: ['dest'],
  read: (context) => question(context),
  decide: (context, facts) => {
    const { arguments: args } = context;
    const found: Answers = facts ? answers(facts) : new Map();
    if (args.remote_src) return copyOnHost(args, found);
    const sources = sourcesOf(context);
    if (typeof sources === 'string') return { kind: 'failed', says: sources };
    const [first] = sources.files;
    if (!sources.folder && first && args.checksum !== undefined && sum('sha1', first.content) !== args.checksum) {
      return { kind: 'failed', says: `${first.path} does not have the checksum ${args.checksum}` };
    }
    return decided(context, found, sources);
  },
  report: (context, results) => {
    const { arguments: args } = context;
    const sources = args.remote_src ? undefined : sourcesOf(context);
    const content = typeof sources === 'object' && !sources.folder ? sources.files[0]?.content : undefined;
    const sums = content === undefined ? {} : { checksum: sum('sha1', content), md5sum: sum('md5', content) };
    const src = args.src === undefined ? {} : { src: args.src };
    const bad = results.find((each) => codeOf(each) !== 0);
    if (bad) {
      // only what `validate` asked can fail here in a way that people want to look into
      const asked = { exit_status: codeOf(bad), stdout: outOf(bad), stderr: '' };
      const values = { checksum: sums.checksum ?? '', ...(args.validate === undefined ? {} : asked) };
      return { changed: false, failed: complaintOf(bad), values };
    }
    if (typeof sources === 'object' && sources.folder)
      return { changed: true, values: { dest: folderOf(args), ...src } };
    const last = results.at(-1);
    const end: Answers = last ? answers(last) : new Map();
    const known = pathFacts(end, { name: 'end', path: args.dest });
    const dest = end.get('at') ?? args.dest;
    const facts = known ? pathValues(known) : {};
    const checksum = known?.checksum ?? '';
    // only owner, group or mode: Ansible has its module "file" do that, which tells other things
    if (!end.has('written')) return { changed: true, values: { dest, path: dest, checksum, ...facts } };
    const backup = end.get('backup') ?? '';
    const kept = backup === '' ? {} : { backup_file: backup };
    const found = { checksum, md5sum: end.get('md5')?.split(' ')[0] ?? '' };
    return { changed: true, values: { dest, ...found, ...sums, ...src, ...facts, ...kept } };
  },
};

interface Sources {
  readonly files: readonly LocalFile[];
  /** `src` is a folder: its files go below `dest`. */
  readonly folder: boolean;
}

function sourcesOf({ arguments: { src, content }, controller }: Context): Sources | string {
  if (src === undefined) return { folder: false, files: [{ path: '', content: contentOf(content as Value) }] };
  const kind = controller.kind(src);
  if (kind === undefined)
    return `there is no file ${src} on the controller, beside the playbook or in its folder "files"`;
  if (kind === 'directory') return { folder: true, files: localFiles(src, controller) };
  return { folder: false, files: [{ path: basename(src), content: controller.read(src) ?? '' }] };
}

/** A text as it is; a mapping or list as JSON, as Ansible writes it. */
function contentOf(content: Value): Input {
  if (typeof content === 'string' || content instanceof Secret) return content;
  const scope = { lookup: () => content, names: () => ['content'] };
  const filter = typeof content === 'object' && content !== null ? 'to_json' : 'string';
  const value = evaluate(
    { kind: 'expression', text: `content | ${filter}`, at: { file: 'content', line: 1, column: 1 } },
    scope,
  );
  return typeof value === 'string' || value instanceof Secret ? value : '';
}

function bytesOf(content: Input): Uint8Array {
  if (content instanceof Secret) return Buffer.from(content.reveal());
  return typeof content === 'string' ? Buffer.from(content) : content;
}

function sum(algorithm: 'sha1' | 'md5', content: Input): string {
  return createHash(algorithm).update(bytesOf(content)).digest('hex');
}

function question(context: Context): Query {
  const { arguments: args } = context;
  const { exact, inside } = candidates(args);
  const look = (name: string, path: string, sums: boolean) =>
    pathQuestion({ name, path, follow: args.follow, ...(sums ? { checksum: 'sha1sum' } : {}) });
  const sources = args.remote_src ? undefined : sourcesOf(context);
  const targets = typeof sources === 'object' && sources.folder ? targetsOf(args, sources) : [];
  return {
    kind: 'query',
    deadline: 600_000,
    command: lines(
      sh`printf 'umask %s\nuid %s\n' "$(umask)" "$(id -u)"`,
      testAnswer('folder', sh`[ -d ${exact} ]`),
      testAnswer('parent', sh`[ -d ${dirname(exact)} ]`),
      look('exact', exact, true),
      look('inside', inside, true),
      ...(context.diff ? [textAnswer('exact.was', exact), textAnswer('inside.was', inside)] : []),
      ...(args.remote_src ? [outputAnswer('md5', sh`md5sum < ${args.src ?? ''}`)] : []),
      ...(args.follow ? [sh`printf 'real* %s\n' "$(readlink -nf -- ${exact} | base64 -w0)"`] : []),
      ...(args.remote_src
        ? [pathQuestion({ name: 'source', path: args.src ?? '', follow: true, checksum: 'sha1sum' })]
        : []),
      ...targets.flatMap(({ path }, index) => [
        look(`t${index}`, path, true),
        ...(context.diff ? [textAnswer(`t${index}.was`, path)] : []),
      ]),
      ...foldersOf(targets.map((each) => each.path)).map((path, index) => testAnswer(`f${index}`, sh`[ -d ${path} ]`)),
    ),
  };
}

interface Target {
  readonly path: string;
  readonly content: Input;
}

/** `src/` puts what is in the folder below dest; `src` puts the folder itself there. */
function targetsOf({ src = '', dest }: Arguments, { files }: Sources): readonly Target[] {
  const below = `${dest.replace(/\/+$/, '')}${src.endsWith('/') ? '' : `/${basename(src)}`}`;
  return files.map(({ path, content }) => ({ path: `${below}/${path}`, content }));
}

/** Every folder on the way to the files, outer ones first. */
function foldersOf(paths: readonly string[]): readonly string[] {
  const folders = new Set<string>();
  for (const path of paths) for (let at = dirname(path); at !== '/' && at !== '.'; at = dirname(at)) folders.add(at);
  return [...folders].sort();
}

function decided(context: Context, found: Answers, sources: Sources): Decision {
  const { arguments: args } = context;
  const steps: Step[] = [];
  if (sources.folder) {
    const targets = targetsOf(args, sources);
    foldersOf(targets.map((each) => each.path)).forEach((path, index) => {
      if (!found.has(`f${index}`)) steps.push(folderStep(path, args));
    });
    for (const [index, target] of targets.entries()) {
      const one = fileSteps(context, found, target, `t${index}`);
      if (typeof one === 'string') return { kind: 'failed', says: one };
      steps.push(...one);
    }
    if (steps.length === 0)
      return {
        kind: 'nothing',
        reason: `everything below ${args.dest} is the same`,
        values: { dest: folderOf(args), src: args.src ?? '' },
      };
    return { kind: 'steps', steps };
  }
  const [file] = sources.files;
  const { exact, inside } = candidates(args);
  const folder = found.has('folder') || args.dest.endsWith('/');
  if (folder && args.src === undefined)
    return { kind: 'failed', says: `${args.dest} is a folder: with "content" the file must be named` };
  if (!found.has('folder') && args.dest.endsWith('/')) steps.push(folderStep(exact, args));
  else if (!folder && !found.has('parent')) {
    return {
      kind: 'failed',
      says: `Destination directory ${dirname(exact)} does not exist`,
      values: { checksum: sum('sha1', file?.content ?? '') },
    };
  }
  const name = folder ? 'inside' : 'exact';
  const path = folder ? inside : args.follow ? (found.get('real') ?? exact) : exact;
  const known = pathFacts(found, { name, path });
  const own = fileSteps(context, found, { path, content: file?.content ?? '' }, name);
  if (typeof own === 'string') return { kind: 'failed', says: own };
  steps.push(...own);
  if (steps.length === 0 && known) {
    return {
      kind: 'nothing',
      reason: args.force ? `${path} is the same` : `${path} is there`,
      values:
        !args.force && known.checksum !== sum('sha1', file?.content ?? '')
          ? { dest: path, ...(args.src === undefined ? {} : { src: args.src }) }
          : { dest: path, path, checksum: known.checksum ?? '', ...pathValues(known) },
    };
  }
  const written = own.some((each) => each.kind === 'upload');
  return {
    kind: 'steps',
    steps: [...steps, lookStep(path, { written, backup: backupOf(args, known, context.now, path) ?? '' })],
  };
}

/** Makes a folder and those above it that are missing; all that are made get the mode and the owner. */
function folderStep(path: string, { directory_mode: mode, owner, group }: Arguments): Step {
  const bits = mode === undefined ? undefined : wantedMode(mode, { current: 0o755, directory: true });
  const whom = `${owner ?? ''}${group === undefined ? '' : `:${group}`}`;
  const settle = [
    ...(bits === undefined ? [] : [sh`chmod ${chmodText(bits)} -- "$__d"`]),
    ...(whom === '' ? [] : [sh`chown ${whom} -- "$__d"`]),
  ].map((each) => `${each.text} || exit 1; `);
  return {
    kind: 'change',
    says: `make the directory ${path}`,
    command: sh`( __d=${path}; set --; while [ ! -d "$__d" ]; do set -- "$__d" "$@"; __d=$(dirname -- "$__d"); done
mkdir -p -- ${path} || exit 1
for __d in "$@"; do ${raw(settle.join(''))}:; done )`,
    judge: orFail(`could not make the directory ${path}`),
  };
}

/** Where the file that was there is kept, if it is. */
function backupOf({ backup }: Arguments, known: PathFacts | undefined, now: number, path: string): string | undefined {
  if (!backup || known?.kind !== 'file') return undefined;
  return `${path}.${Math.floor(now / 1000)}.${new Date(now).toISOString().slice(0, 19).replace('T', '@')}~`;
}

/** The folder that a folder is copied to, as Ansible names it. */
function folderOf({ dest }: Arguments): string {
  return dest.endsWith('/') ? dest : `${dest}/`;
}

/** What has to be done for one file; a text where it cannot be. */
function fileSteps(
  { arguments: args, now, diff }: Context,
  found: Answers,
  { path, content }: Target,
  name: string,
): readonly Step[] | string {
  const known = pathFacts(found, { name, path });
  if (known?.kind === 'directory') return `${path} is a folder`;
  const same = known?.checksum === sum('sha1', content);
  if (known && !same && !args.force) return [];
  if (known && same) {
    const { commands, says, wrong } = ownershipChange({ ...known, path }, args);
    if (wrong !== undefined) return wrong;
    if (commands.length === 0) return [];
    const command = raw(commands.map((each) => each.text).join(' && '));
    return [{ kind: 'change', says: says.join('; '), command, judge: orFail(`could not ${says.join('; ')}`) }];
  }
  const umask = parseInt(found.get('umask') ?? '022', 8);
  const current = known?.kind === 'file' ? known.mode : 0o666 & ~umask;
  const mode =
    args.mode === undefined || args.mode === 'preserve'
      ? current
      : wantedMode(args.mode, { current, directory: false });
  if (mode === undefined) return `the mode "${args.mode ?? ''}" cannot be read`;
  const owner = ownerOf(args, known, found);
  const backup = backupOf(args, known, now, path);
  const steps: Step[] = [];
  if (backup !== undefined) {
    steps.push({
      kind: 'change',
      says: `keep ${path} as ${backup}`,
      command: sh`cp -p -- ${path} ${backup}`,
      judge: orFail(`could not keep ${path}`),
    });
  }
  const was = diff ? before(known, found.get(`${name}.was`)) : {};
  const text = textOf(content);
  const upload = {
    kind: 'upload',
    content: was.before === undefined ? content : (text ?? content),
    mode: modeText(mode),
    ...(owner === '' ? {} : { owner }),
    ...was,
  } as const;
  const says = `write ${path} (${bytesOf(content).length} bytes)`;
  if (args.validate === undefined) return [...steps, { ...upload, says, path, judge: orFail(`could not ${says}`) }];
  const trial = `${path}.pgup-new`;
  const check = raw(args.validate.replaceAll('%s', sh`${trial}`.text));
  return [
    ...steps,
    { ...upload, says: `write ${trial}`, path: trial, shown: path },
    {
      kind: 'change',
      says: `${says}, once "${args.validate}" accepts it`,
      command: sh`if ${check} >&2; then mv -f -- ${trial} ${path}; else rm -f -- ${trial}; exit 1; fi`,
      judge: orFail(`"${args.validate}" does not accept the new ${path}`),
    },
  ];
}

/** What a file is before, for `--diff`: nothing where there is none; not told where it is long, or no text. */
function before(known: PathFacts | undefined, was: string | undefined): { readonly before?: string } {
  if (!known) return { before: '' };
  return was === undefined || was.includes('\0') ? {} : { before: was };
}

/** Bytes that are UTF-8, as text; a secret is none. */
function textOf(content: Input): string | undefined {
  if (content instanceof Secret || typeof content === 'string')
    return typeof content === 'string' ? content : undefined;
  const text = Buffer.from(content).toString('utf8');
  return Buffer.from(text).equals(content) ? text : undefined;
}

/** The content of a file that is short enough to be shown. */
function textAnswer(name: string, path: string): Command {
  return sh`if [ -f ${path} ] && [ "$(stat -L -c %s -- ${path})" -lt 100000 ]; then ${fileAnswer(name, path)}; fi`;
}

/** A file that is replaced keeps its owner, unless the user that replaces it is the owner anyway. */
function ownerOf({ owner, group }: Arguments, known: PathFacts | undefined, found: Answers): string {
  const foreign = known?.kind === 'file' && String(known.uid) !== found.get('uid');
  const user = owner ?? (foreign ? String(known.uid) : '');
  const its = group ?? (foreign || (known?.kind === 'file' && found.get('uid') === '0') ? String(known.gid) : '');
  return its === '' ? user : `${user}:${its}`;
}

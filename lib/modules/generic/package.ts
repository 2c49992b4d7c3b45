import { z } from 'zod';
import { answers, lines, outputAnswer, type Answers } from '../../shell/answers.ts';
import { sh } from '../../shell/sh.ts';
import type { Decision, Module } from '../module.ts';
import { aptQuestion, aptSchema, decideApt, reportApt, type AptArguments } from './apt.ts';
import { choice, text, words } from './arguments.ts';
import { A_DAY, codeOf, complaintOf, judgedLater, outOf } from './results.ts';

const schema = z.strictObject({
  name: words('packages'),
  state: choice(['present', 'installed', 'latest', 'absent', 'removed'], 'what they shall be'),
  use: text("the package manager; the host's own where not given").optional(),
});

type Arguments = z.output<typeof schema>;

/** Packages, whatever the host installs them with: apt-get, dnf or yum. */
export const packageModule: Module<Arguments> = {
  name: 'package',
  summary: "Installs, upgrades and removes packages with the host's own package manager: apt-get, dnf or yum.",
  schema,
  scope: 'host',
  generic: true,
  read: () => ({
    kind: 'query',
    command: lines(
      aptQuestion().command,
      outputAnswer('dnf', sh`command -v dnf || command -v yum`),
      outputAnswer('rpm', sh`rpm -qa --qf ${'%{NAME}\\n'}; rpm -qa --provides`),
    ),
  }),
  decide: ({ arguments: args, now }, facts) => {
    const found: Answers = facts ? answers(facts) : new Map();
    if ((found.get('apt') ?? '') !== '') return decideApt(aptArguments(args), found, now);
    return decideRpm(args, found);
  },
  report: ({ arguments: args }, results, { facts }) => {
    const isApt = results.some(
      (each) => /^\d+ upgraded, \d+ newly installed/m.test(outOf(each)) || /^E: /m.test(outOf(each)),
    );
    if (isApt) return reportApt(aptArguments(args), results, facts);
    const failed = results.find((each) => codeOf(each) !== 0);
    const stdout = results.map(outOf).join('');
    if (failed) return { changed: false, failed: complaintOf(failed), values: { stdout, rc: codeOf(failed) } };
    return { changed: !/^Nothing to do\.?$/m.test(stdout), values: { stdout, rc: 0 } };
  },
};

function aptArguments({ name, state }: Arguments): AptArguments {
  return aptSchema.parse({ name, state });
}

function decideRpm({ name, state }: Arguments, found: Answers): Decision {
  const manager = (found.get('dnf') ?? '').trim();
  if (manager === '') return { kind: 'failed', says: 'the host has neither apt-get nor dnf nor yum' };
  const installed = new Set((found.get('rpm') ?? '').split('\n').map((line) => line.split(' ')[0] ?? ''));
  const removes = state === 'absent' || state === 'removed';
  const wanted = name.filter((each) => state === 'latest' || installed.has(each) === removes);
  if (wanted.length === 0)
    return { kind: 'nothing', reason: `${name.join(', ')} is ${removes ? 'not ' : ''}installed` };
  const verb = removes ? 'remove' : state === 'latest' ? 'upgrade' : 'install';
  // "upgrade" leaves alone what is not there: that has to be installed
  const verbs =
    state === 'latest'
      ? sh`${manager} -y install ${wanted} && ${manager} -y upgrade ${wanted}`
      : sh`${manager} -y ${verb} ${wanted}`;
  const says = `${verb} ${wanted.join(', ')}`;
  return {
    kind: 'steps',
    steps: [{ kind: 'job', says, command: sh`LC_ALL=C; export LC_ALL; ${verbs}`, deadline: A_DAY, judge: judgedLater }],
  };
}

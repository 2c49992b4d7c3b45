import { createHash } from 'node:crypto';
import { asPgupError, PgupError } from '../errors.ts';
import { isValueMap, type ValueMap } from '../inventory/inventory.ts';
import { parseArguments } from '../modules/playbook-catalogue.ts';
import type { Decision, Learned, Module, ModuleContext, Step } from '../modules/module.ts';
import { render } from '../playbook/expressions.ts';
import { settleHost } from './settle.ts';
import { answers, lines, outputAnswer } from '../shell/answers.ts';
import type { HostShell, Result } from '../shell/host-shell.ts';
import { hostPath, isHostPath } from '../shell/host-path.ts';
import { sh } from '../shell/sh.ts';
import { claimHosts } from './claim.ts';
import { performDeploymentStep } from './deployment-step.ts';
import type { DeploymentState, GatheredFacts, OpenJob } from './deployment-state.ts';
import { hostScope } from './host-scope.ts';
import { queryIn, stepIn, type Environment } from './environment.ts';
import type { HostTask } from './host-task.ts';
import type { FileDiff } from '../events.ts';
import { HIDDEN, outcome, type HostOutcome } from './outcome.ts';
import { performStep, type StepOutcome } from './step.ts';
import { hides, loginOf, textOf, type TaskSettings } from './task-settings.ts';
import { timeLimit, type TimeLimit } from './time-limit.ts';

/** A line may be lost this often within one task before the host is given up as unknown. */
const LOST_LINES = 5;

/**
 * Reads, decides, and carries out. A line lost in the middle is no failure yet: once it is back, and what was under way
 * on the host has ended, the module reads afresh and decides afresh. Nothing is ever sent a second time unseen.
 */
export async function decideAndPerform(work: HostTask, settings: TaskSettings): Promise<HostOutcome> {
  const { engine, state } = work;
  // Who lets go lets go now: the rest of the play is not what the hosts were left with.
  if (engine.park.aborted && !work.undo && engine.flavour === 'upgrade')
    throw new PgupError('interrupted', 'interrupted, and let go of before it began');
  const open = shellFor(work);
  for (let lost = 0; ; lost++) {
    try {
      return await engine.fork(() => perform(work, settings, open));
    } catch (thrown) {
      const error = asPgupError(thrown);
      // Without a claim nothing on the host tells whether the lost command still runs: its outcome stays unknown.
      const again = error.code === 'connection-lost' && state.claim && lost < LOST_LINES && !engine.park.aborted;
      if (!again) throw unknownIfClaimed(work, error);
      await open()
        .then((shell) => settleHost(shell, engine))
        .catch((given: unknown) => {
          throw unknownIfClaimed(work, asPgupError(given));
        });
    }
  }
}

/**
 * A host of a claimed deployment that is not reached any more may be at work for this run: what it did is unknown, which
 * is another thing than a host that was never reached. Only what is put back goes on without it.
 */
function unknownIfClaimed({ state, host, undo }: HostTask, error: PgupError): PgupError {
  const lost = error.code === 'unreachable' || error.code === 'deadline';
  if (!lost || !state.claim || undo) return error;
  return new PgupError('connection-lost', error.message, { host, cause: error, next: error.next });
}

/** Opens the shell that the task is sent to, once it is needed: what asks nothing of a host needs no line to it. */
function shellFor(work: HostTask): () => Promise<HostShell> {
  const { engine, task, host } = work;
  let opening: Promise<HostShell> | undefined;
  const open = async (): Promise<HostShell> => {
    const scope = hostScope(work);
    const target = task.delegateTo ? textOf('delegate_to', render(task.delegateTo, scope)) : host;
    // Hosts' own state belongs to root: an upgrade always works from a root shell and drops to other users from there.
    if (engine.flavour === 'upgrade') return engine.openShell(target, 'root');
    const its = target === host ? scope : hostScope({ ...work, host: target });
    const { become, ...login } = loginOf(task, scope, its);
    return engine.openShell(target, become, login);
  };
  return () => (opening ??= open());
}

async function perform(work: HostTask, settings: TaskSettings, open: () => Promise<HostShell>): Promise<HostOutcome> {
  const { check, environment, timeout } = settings;
  const { engine } = work;
  const adoptable = await awaitOpenJob(work, open);
  const module = moduleOf(work);
  const limit = timeLimit(timeout, engine.now);
  const context = moduleContext({ work, module, args: await argumentsOf(work, module, open), check });
  const query = module.read?.(context);
  const facts = query ? await (await open()).ask(limit.query(queryIn(environment, query))) : undefined;
  const decision = module.decide(context, facts);
  if ('learned' in decision) learn(work, decision.learned);
  switch (decision.kind) {
    case 'nothing':
      for (const [name, value] of Object.entries(decision.variables ?? {})) work.state.register(work.host, name, value);
      return {
        ...outcome('ok', decision.reason),
        findings: decision.notices ?? [],
        ...(decision.variables ? { variables: decision.variables } : {}),
        ...(decision.facts ? { facts: gathered(decision.facts) } : {}),
        values: finished(decision.values ?? { msg: decision.reason }, { changed: false }),
      };
    case 'failed': {
      const { says, next, values } = decision;
      const error = new PgupError('task-failed', says, { host: work.host, next });
      return {
        ...outcome('failed', says),
        values: finished({ msg: says, ...values }, { changed: false, failed: true }),
        error,
      };
    }
    case 'elsewhere':
      return { ...outcome('skipped', decision.reason), values: { changed: false, skipped: true, ...decision.values } };
    case 'finished':
      return { ...outcome('ok', decision.reason), finished: decision.reason };
    case 'findings': {
      const blocks = decision.findings.filter((each) => each.weight === 'blocks').length;
      const says = blocks === 0 ? 'nothing is in the way' : `${blocks} in the way`;
      return { ...outcome(blocks === 0 ? 'ok' : 'failed', says), findings: decision.findings };
    }
    case 'steps': {
      const reads = decision.steps.every((step) => step.kind === 'ask' || step.kind === 'wait');
      const steps = decision.steps.map((step) => step.says);
      // What waits for something is about what the tasks before it would have done.
      const waits = decision.steps.every((step) => step.kind === 'wait' || step.kind === 'http' || step.kind === 'tcp');
      if (check && module.generic && waits) {
        const values = { changed: false, skipped: true, msg: 'remote module does not support check mode' };
        return { ...outcome('skipped', `not under --check: ${steps.join('; ')}`), values };
      }
      if (check && !reads) {
        const foreseen = module.foresee?.(context, facts) ?? {};
        const values = finished(foreseen, { changed: foreseen['skipped'] !== true });
        return { ...outcome('would-change', steps.join('; ')), steps, values, ...diffsOf(decision.steps, engine) };
      }
      const done = await carryOut({
        work,
        shell: await open(),
        module,
        context,
        facts,
        decision,
        steps,
        reads,
        environment,
        limit,
        adoptable,
      });
      return done.status === 'changed' ? { ...done, ...diffsOf(decision.steps, engine) } : done;
    }
  }
}

interface CarryOut {
  readonly work: HostTask;
  readonly shell: HostShell;
  readonly module: Module;
  readonly context: ModuleContext;
  readonly decision: Extract<Decision, { kind: 'steps' }>;
  readonly steps: readonly string[];
  /** Nothing in it changes the host. */
  readonly reads: boolean;
  readonly facts: Result | undefined;
  readonly environment: Environment;
  readonly limit: TimeLimit;
  readonly adoptable: OpenJob | undefined;
}

/** The steps in order; the first that fails ends the task on this host. */
async function carryOut(options: CarryOut): Promise<HostOutcome> {
  const { work, shell, module, context, facts, decision, steps, reads, environment, limit } = options;
  // What a step before it changes may be what the job worked on: then it is done again.
  let { adoptable } = options;
  const began = work.engine.now();
  const results: Result[] = [];
  const said: string[] = [];
  for (const [index, step] of decision.steps.entries()) {
    const bound = limit.step(stepIn(environment, step));
    const { verdict, result } = await journalled({ work, shell, step: bound, index, adoptable });
    if (limit.isOver(result)) return timedOut(limit, steps);
    if (isChange(step)) adoptable = undefined;
    results.push(result);
    if (!verdict.ok) {
      const error = new PgupError('task-failed', verdict.says, { host: work.host, next: verdict.next });
      // what Ansible's modules register where they failed is shaped by them, too
      const before = { facts, began, ended: work.engine.now() };
      const shaped = module.generic ? module.report?.(context, results, before) : undefined;
      const registered = { msg: verdict.says, ...(shaped?.values ?? resultValues(result)) };
      const values = finished(registered, { changed: shaped?.changed ?? !reads, failed: true });
      return { ...outcome('failed', verdict.says), steps, values, error };
    }
    if (verdict.learned) learn(work, verdict.learned);
    if (verdict.says !== undefined) said.push(verdict.says);
  }
  const report = module.report?.(context, results, { facts, began, ended: work.engine.now() });
  const changed = report ? report.changed : !reads;
  const last = results.at(-1);
  const values = finished(report?.values ?? (last ? resultValues(last) : {}), { changed });
  if (report?.failed !== undefined) {
    const error = new PgupError('task-failed', report.failed, { host: work.host });
    return { ...outcome('failed', report.failed), steps, values: { ...values, failed: true }, error };
  }
  const says = (said.length > 0 ? said : steps).join('; ');
  return { ...outcome(changed ? 'changed' : 'ok', says), steps, values };
}

/** What files were and become, where that was asked for and is no secret. */
function diffsOf(steps: readonly Step[], { diff }: HostTask['engine']): Pick<HostOutcome, 'diffs'> {
  if (!diff) return {};
  const diffs = steps.flatMap((step): readonly FileDiff[] => {
    if (step.kind !== 'upload' || step.before === undefined || typeof step.content !== 'string') return [];
    return [{ path: step.shown ?? step.path, before: step.before, after: step.content }];
  });
  return diffs.length === 0 ? {} : { diffs };
}

/** What ran is ended on the host, too, and the task has failed. */
function timedOut({ seconds }: TimeLimit, steps: readonly string[]): HostOutcome {
  const msg = `Timed out after ${seconds} second(s).`;
  const values = { changed: false, failed: true, msg, timedout: { period: seconds } };
  return { ...outcome('failed', msg), steps, values, error: new PgupError('task-failed', msg) };
}

/** Intent on disk before the step, outcome after it. */
async function journalled({ work, shell, step, index, adoptable }: JournalledStep): Promise<StepOutcome> {
  const { engine, state, task, host, undo } = work;
  const deployment = state.planned.name;
  const says = hides(task, hostScope(work)) ? HIDDEN : step.says;
  const place = { deployment, task: task.id, host, step: index };
  const changes = isChange(step);
  // In an upgrade nothing is changed without a claim, whatever the playbook says about when it is taken.
  if (changes && engine.flavour === 'upgrade') await claimHosts(work);
  const found = adoptable?.step === index && adoptable.says === says ? adoptable : undefined;
  const jobId = found?.id ?? newJobId(state, `${engine.run}-${task.id}-${index}-${nameTag(deployment, host)}`);
  if (changes && !undo) state.touch(task.id, host);
  const key = `${task.id} ${host}`;
  if (step.kind === 'job') {
    state.openJobs.set(key, { id: jobId, step: index, says, waits: step.waits === true });
    state.jobs.add(jobId);
  }
  const intent = { kind: 'step-intent', ...place, says, changes } as const;
  state.write(step.kind === 'job' ? { ...intent, job: jobId, waits: step.waits === true } : intent, shell.host);
  engine.events.emit('step:start', { ...place, says, job: step.kind === 'job' });
  const record = state.records?.of(shell.host);
  const began = engine.now();
  const outcomeOfStep = await (isDeploymentStep(step)
    ? performDeploymentStep(step, work, shell)
    : performStep(step, {
        deployment,
        shell,
        claim: state.claim ?? 'unclaimed',
        record: state.claim ? record?.text : undefined,
        events: engine.events,
        keep: (name) => engine.fileOf(host, name),
        jobId,
        sleep: engine.sleep,
        park: AbortSignal.any([engine.park, state.handedOver.signal]),
      }));
  if (changes && state.claim) record?.written();
  const { verdict } = outcomeOfStep;
  engine.events.emit('step:end', { ...place, ok: verdict.ok, seconds: (engine.now() - began) / 1000 });
  state.openJobs.delete(key);
  state.write({
    kind: 'step-outcome',
    ...place,
    outcome: verdict.ok ? 'ok' : says === HIDDEN ? HIDDEN : verdict.says,
  });
  return outcomeOfStep;
}

interface JournalledStep {
  readonly work: HostTask;
  readonly shell: HostShell;
  readonly step: Step;
  readonly index: number;
  /** A job that has ended, and that nobody has judged: its result is this step's, if it is the same step. */
  readonly adoptable: OpenJob | undefined;
}

function isChange(step: Step): boolean {
  return step.kind === 'change' || step.kind === 'job' || step.kind === 'upload';
}

/** A job that a killed controller, or a reboot, left behind keeps its id for ever: what is decided afresh gets a new one. */
/**
 * Tells apart the jobs of two names of one machine: it keeps those of a run until its end, and one that has ended would
 * be taken for the other.
 */
function nameTag(deployment: string, host: string): string {
  return createHash('sha256')
    .update(JSON.stringify([deployment, host]))
    .digest('hex')
    .slice(0, 8);
}

function newJobId(state: DeploymentState, id: string): string {
  let free = id;
  for (let again = 2; state.jobs.has(free); again++) free = `${id}-${again}`;
  return free;
}

/**
 * A job of this task that an earlier controller started is seen to its end before anything is read or decided. It is
 * given back where it left an exit code: what it did and printed need not be done again.
 */
async function awaitOpenJob(
  { engine, state, task, host }: HostTask,
  open: () => Promise<HostShell>,
): Promise<OpenJob | undefined> {
  const key = `${task.id} ${host}`;
  const job = state.openJobs.get(key);
  if (!job) return undefined;
  const shell = await open();
  engine.events.emit('line', { host, state: 'reconnected', says: `adopting job ${job.id}: ${job.says}` });
  const parked = AbortSignal.any([engine.park, state.handedOver.signal]);
  const found = await shell.followJob(job.id, () => undefined, parked);
  if (found.kind === 'running')
    throw new PgupError('connection-lost', `job ${job.id} goes on running on ${host}`, { host });
  // Closed also where it never started: the order to start it may still be on its way.
  const { ending } = await shell.closeJob(job.id, state.claim ?? 'unclaimed');
  if (ending.kind === 'unknown') throw new PgupError('connection-lost', ending.reason, { host });
  state.openJobs.delete(key);
  return found.kind === 'finished' ? job : undefined;
}

export type DeploymentStep = Extract<Step, { kind: 'claim' | 'release' | 'point-of-no-return' | 'mark' }>;

function isDeploymentStep(step: Step): step is DeploymentStep {
  return ['claim', 'release', 'point-of-no-return', 'mark'].includes(step.kind);
}

/** Facts by their names, and as the variables that Ansible makes of them. */
function gathered(facts: ValueMap): GatheredFacts {
  const variables = Object.entries(facts).map(([name, value]) => [`ansible_${name}`, value] as const);
  return { facts, variables: new Map(variables) };
}

function moduleOf({ engine, task }: HostTask): Module {
  const module = engine.modules.get(task.module);
  if (!module) throw new PgupError('unknown-module', `no module is called ${task.module}`);
  return module;
}

/** The rendered arguments; paths of the host's own kind (`~/x`, `$HOME/x`) as the host reads them. */
async function argumentsOf(work: HostTask, module: Module, open: () => Promise<HostShell>): Promise<ValueMap> {
  const args = render(work.task.arguments, hostScope(work));
  if (!isValueMap(args)) return {};
  const ofHost = (module.paths ?? []).flatMap((name): readonly (readonly [string, string])[] => {
    const value = args[name];
    return typeof value === 'string' && isHostPath(value) ? [[name, value]] : [];
  });
  if (ofHost.length === 0) return args;
  const command = lines(...ofHost.map(([name, path]) => outputAnswer(name, sh`printf %s ${hostPath(path)}`)));
  const found = answers(await (await open()).ask({ kind: 'query', command }));
  return { ...args, ...Object.fromEntries(ofHost.map(([name, path]) => [name, found.get(name) ?? path])) };
}

interface Contextual {
  readonly work: HostTask;
  readonly module: Module;
  readonly args: ValueMap;
  readonly check: boolean;
}

function moduleContext({ work, module, args, check }: Contextual): ModuleContext {
  const { engine, state, task, host } = work;
  const scope = hostScope(work);
  const parsed = parseArguments(module, args);
  if (!parsed.ok) {
    const { file, line, column } = task.at;
    throw new PgupError('module-arguments', `${file}:${line}:${column}: ${parsed.says}`, { host });
  }
  const { name, hosts } = state.planned;
  const { applications, databases } = state.planned.deployment ?? { applications: [], databases: [] };
  return {
    host,
    arguments: parsed.arguments,
    variable: (variable) => scope.lookup(variable),
    scope,
    controller: engine.controller,
    deployment: { name, hosts, applications, databases },
    run: engine.run,
    check,
    diff: engine.diff,
    learned: (other) => state.knowledge.host(other),
    shared: state.knowledge.shared,
    now: engine.now(),
  };
}

function learn({ state, host }: HostTask, learned: Learned | undefined): void {
  if (!learned) return;
  const deployment = state.planned.name;
  state.knowledge.learn({
    host,
    learned,
    deployment,
    write: (entry) => {
      state.write(entry);
    },
  });
}

/** What Ansible gives every result: whether it changed or failed, and output in lines too. */
function finished(values: ValueMap, { changed, failed = false }: { changed: boolean; failed?: boolean }): ValueMap {
  const lines = Object.entries(values).flatMap(([name, value]): readonly (readonly [string, readonly string[]])[] => {
    if ((name !== 'stdout' && name !== 'stderr') || typeof value !== 'string') return [];
    const split = value.split(/\r\n|[\n\r]/);
    return [[`${name}_lines`, split.at(-1) === '' ? split.slice(0, -1) : split]];
  });
  return { ...values, ...Object.fromEntries(lines), changed, failed };
}

/** What Ansible's modules register of a command: its exit code and output. */
function resultValues({ ending, stdout, stderr }: Result): ValueMap {
  return {
    rc: ending.kind === 'exited' ? ending.code : -1,
    stdout: stdout.toString('utf8').replace(/\n$/, ''),
    stderr: stderr.toString('utf8').replace(/\n$/, ''),
  };
}

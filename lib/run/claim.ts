import { asPgupError, PgupError } from '../errors.ts';
import type { Claim, HostShell } from '../shell/host-shell.ts';
import { stateMutation } from '../shell/host-state.ts';
import { acquire, ALIVE, heartbeat, readLock, release } from '../shell/lock.ts';
import type { DeploymentState, Engine } from './deployment-state.ts';
import { hostPlan } from './host-plan.ts';
import { settleHost } from './settle.ts';

/** Milliseconds between two heartbeats in the lock files: what others see of a run that is alive. */
const HEARTBEAT = 15_000;
/** Milliseconds that the last words to hosts may take: one that cannot be reached is known to be so by then. */
const LAST_WORDS = 5_000;
/** A line may be lost this often while a host is unlocked. */
const LOST_LINES = 5;

interface Claiming {
  readonly engine: Engine;
  readonly state: DeploymentState;
}

/** All hosts of the deployment or none: a host that cannot be locked lets go of the others. Once is enough. */
export function claimHosts(claiming: Claiming): Promise<void> {
  const { state } = claiming;
  if (state.claim) return Promise.resolve();
  state.claiming ??= claimAll(claiming).finally(() => {
    state.claiming = undefined;
  });
  return state.claiming;
}

async function claimAll({ engine, state }: Claiming): Promise<void> {
  await tellHosts({ engine, state }, await lockHosts({ engine, state }));
}

/** Takes the locks alone; `claimHosts` and a run that is taken up tell the hosts then what they need to know. */
export async function lockHosts({ engine, state }: Claiming): Promise<readonly HostShell[]> {
  const { name, hosts } = state.planned;
  const shells = await Promise.all(hosts.map((host) => engine.openShell(host, 'root')));
  if (state.lastToken > 0 && !engine.takeOver) await awaitSilence({ engine, state }, shells);
  const claim = await acquire({
    shells,
    run: engine.run,
    owner: engine.owner,
    deployment: name,
    takeOver: engine.takeOver,
    ...(state.lastToken > 0 ? { after: state.lastToken } : {}),
  });
  state.claim = claim;
  state.startHeartbeat(HEARTBEAT, () => beat({ engine, state }, shells, claim));
  state.write({ kind: 'claim', deployment: name, token: claim.token, owner: claim.owner });
  return shells;
}

/** What each host needs to know so that any controller can go on: its part of the plan, and of the journal so far. */
export async function tellHosts({ engine, state }: Claiming, shells: readonly HostShell[]): Promise<void> {
  const { claim, records } = state;
  if (!records || !claim) return;
  await Promise.all(
    shells.map(async (shell) => {
      const plan = hostPlan({ engine, state, host: shell.host });
      const batch = records.of(shell.host);
      const { ending, stderr } = await shell.change(stateMutation({ claim, plan, record: batch.text }));
      if (ending.kind === 'exited' && ending.code === 0) {
        batch.written();
        return;
      }
      const code = ending.kind === 'unknown' ? 'connection-lost' : 'command-failed';
      throw new PgupError(code, `${shell.host} could not write down what this run is`, {
        host: shell.host,
        output: stderr.toString('utf8'),
        next: `make room on the disk of /var/lib/pgup on ${shell.host}`,
      });
    }),
  );
}

/** What is not on the hosts yet and no change will bring there any more: how the deployment ended. Best effort. */
export async function tellTheRest({ engine, state }: Claiming): Promise<void> {
  if (!state.claim) return;
  const shells = await Promise.allSettled(state.planned.hosts.map((host) => engine.openShell(host, 'root')));
  const reached = shells.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const told = Promise.allSettled(reached.map((shell) => tellHosts({ engine, state }, [shell])));
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, LAST_WORDS);
  });
  await Promise.race([told, late]);
  clearTimeout(timer);
}

/** A beat that fails says nothing about the run, but for one thing: that another controller has it. */
async function beat({ engine, state }: Claiming, shells: readonly HostShell[], claim: Claim): Promise<void> {
  const beats = await Promise.allSettled(shells.map((shell) => heartbeat(shell, claim)));
  const refused = beats.map((each) => (each.status === 'rejected' ? asPgupError(each.reason) : undefined));
  const lost = refused.find((error) => error?.code === 'handed-over');
  if (!lost || state.claim !== claim) return;
  state.stopHeartbeat();
  engine.events.emit('note', { level: 'warning', text: lost.message });
  state.handedOver.abort(lost);
}

/**
 * Another controller of this run that was heard of lately may have just died: one that lives beats, and is left alone;
 * one that does not is waited out.
 */
async function awaitSilence({ engine }: Claiming, shells: readonly HostShell[]): Promise<void> {
  let told = false;
  const before = new Map<string, number>();
  for (;;) {
    const locks = await Promise.all(shells.map(async (shell) => ({ host: shell.host, lock: await readLock(shell) })));
    const loud = locks.filter(({ lock }) => {
      if (lock.kind !== 'held' || lock.run !== engine.run || lock.owner === engine.owner) return false;
      return lock.silence !== undefined && lock.silence <= ALIVE;
    });
    // A silence that became shorter is a beat: acquire() says who lives.
    const beats = loud.some(({ host, lock }) => lock.kind === 'held' && (lock.silence ?? 0) < (before.get(host) ?? 0));
    if (loud.length === 0 || beats || engine.park.aborted || engine.stop.aborted) return;
    if (!told) {
      const owners = new Set(loud.map(({ lock }) => (lock.kind === 'held' ? lock.owner : '')));
      const text = `waiting up to ${ALIVE} s to see whether ${[...owners].join(', ')} still has the run`;
      engine.events.emit('note', { level: 'warning', text });
      told = true;
    }
    for (const { host, lock } of loud) if (lock.kind === 'held') before.set(host, lock.silence ?? 0);
    await engine.sleep(2000);
  }
}

/** Lets go of every host that can be reached; the others keep the lock, and their letter says so. */
export async function releaseHosts({ engine, state }: Claiming): Promise<readonly string[]> {
  const { claim } = state;
  if (!claim) return [];
  state.stopHeartbeat();
  const left: string[] = [];
  await Promise.all(
    state.planned.hosts.map(async (host) => {
      try {
        await letGo({ engine, shell: await engine.openShell(host, 'root'), claim });
      } catch (thrown) {
        if (!(thrown instanceof PgupError)) throw thrown;
        left.push(host);
      }
    }),
  );
  if (left.length === 0) state.claim = undefined;
  state.held = left.length > 0;
  state.write({ kind: 'released', deployment: state.planned.name, left });
  return left;
}

interface LettingGo {
  readonly engine: Engine;
  readonly shell: HostShell;
  readonly claim: Claim;
}

/** Unlocks one host. Where the line is lost, the host is asked whether it is still ours before it is told again. */
async function letGo({ engine, shell, claim }: LettingGo): Promise<void> {
  for (let lost = 0; ; lost++) {
    try {
      if (lost > 0) {
        await settleHost(shell, engine);
        const lock = await readLock(shell);
        if (lock.kind !== 'held' || lock.run !== claim.run || lock.token !== claim.token) return;
      }
      await release(shell, claim);
      return;
    } catch (thrown) {
      const error = asPgupError(thrown);
      if (error.code !== 'connection-lost' || lost === LOST_LINES || engine.park.aborted) throw error;
    }
  }
}

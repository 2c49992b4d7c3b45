import { takeDown } from '../../lab/down.ts';
import { defaultLabName } from '../../lab/names.ts';
import { silentProgress } from '../../lab/progress.ts';
import { labNames } from '../../lab/state.ts';

/** Milliseconds after the last test in which whatever tests started has to be gone. */
const GRACE = 20_000;

interface Handle {
  readonly pid?: number;
  readonly spawnargs?: readonly string[];
  readonly localPort?: number;
  readonly remotePort?: number;
  readonly path?: string;
}

function words(handle: object): string {
  const { pid, spawnargs, localPort, remotePort, path } = handle as Handle;
  const known = {
    pid,
    command: spawnargs?.join(' ').slice(0, 300),
    localPort,
    remotePort,
    path,
  };
  const said = Object.entries(known).flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${value}`]));
  return [handle.constructor.name, ...said].join(', ');
}

/** What keeps this process from ending, in words. Node has no public way to ask for more than the types. */
function holders(): string[] {
  const { _getActiveHandles: handles } = process as unknown as { _getActiveHandles: () => object[] };
  return [...process.getActiveResourcesInfo(), ...handles.call(process).map(words)];
}

/** What the names of all labs of this clone's tests begin with. */
export function testLabPrefix(): string {
  return `${defaultLabName()}-t`;
}

/**
 * After the last test, in mocha's own process: labs of a process that ended before it could take its own down go.
 *
 * A test that leaves a process or a connection behind would let a whole run that has passed wait for ever. Such a run
 * ends here, with mocha's own exit code, and says what it was.
 */
export async function mochaGlobalTeardown(): Promise<void> {
  if (process.env['PGUP_KEEP_LABS'] === undefined) {
    for (const name of labNames().filter((each) => each.startsWith(testLabPrefix()))) {
      await takeDown(name, silentProgress);
    }
  }
  setTimeout(() => {
    process.stderr.write(`\n*** Left behind by the tests ***\n${holders().join('\n')}\n`);
    process.exit();
  }, GRACE).unref();
}

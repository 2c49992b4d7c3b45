import type { Command } from '../shell/host-shell.ts';
import { sh } from '../shell/sh.ts';
import type { Application } from './application.ts';

/** The transient unit that a server command of ours runs in: by this name it can be found and ended. */
export interface ServerCommandOptions {
  readonly unit?: string;
}

/**
 * `nautobot-server` as Nautobot's own units run it: their user, group, working directory, `Environment=` and
 * `EnvironmentFile=`, read by systemd itself on the host, so that quoting and precedence are never guessed. For a root
 * shell; standard input and output are the caller's, the exit code is the server's.
 *
 * Values of `Environment=` may be passwords: they pass through the shell's own environment, never through argv.
 */
export function serverCommand(
  application: Application,
  argv: readonly string[],
  { unit: name }: ServerCommandOptions = {},
): Command {
  const { server, config, user, group, root, environmentFiles } = application;
  const like = unitToFollow(application);
  const properties = [
    `User=${user}`,
    ...(group === '' ? [] : [`Group=${group}`]),
    `WorkingDirectory=${root}`,
    ...environmentFiles.map((file) => `EnvironmentFile=-${file}`),
  ].flatMap((property) => ['-p', property]);
  const options = ['--quiet', '--wait', '--pipe', '--collect', '--service-type=exec', ...properties];
  // systemd puts variables of its own into what it starts; two dollars are one.
  const words = [server, ...(config === undefined ? [] : ['--config-path', config]), ...argv].map((word) =>
    word.replaceAll('$', () => '$$'),
  );
  return sh`(
eval "set -- $(systemctl show -p Environment --value -- ${like})"
inherited=
for pair in "$@"; do export "\${pair?}"; inherited="$inherited --setenv=\${pair%%=*}"; done
exec systemd-run ${[...options, ...(name === undefined ? [] : [`--unit=${name}`, `--description=${name}`])]} --setenv=NAUTOBOT_ROOT=${root} $inherited -- ${words}
)`;
}

/** Python that runs in a started Nautobot; it goes as one argument, so it must hold no secret. */
export function serverScript(application: Application, script: string, options: ServerCommandOptions = {}): Command {
  return serverCommand(application, ['shell', '-c', script], options);
}

/** The unit whose environment is taken: the web's, else a worker's, else the scheduler's. */
function unitToFollow({ units, host }: Application): string {
  const order = ['web', 'worker', 'scheduler'];
  const [first] = [...units].sort((a, b) => order.indexOf(a.role) - order.indexOf(b.role));
  if (!first) throw new Error(`${host} has no unit that runs Nautobot`);
  return first.name;
}

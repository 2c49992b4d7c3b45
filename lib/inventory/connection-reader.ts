import { problem, warning, type Problem } from '../errors.ts';
import { nearestWord } from '../nearest.ts';
import { Secret } from '../secret.ts';
import { Float, isValueList, isValueMap, type Host, type Value, type Variable } from './inventory.ts';
import { parsePort, parseSshArguments, type SshOptions } from './ssh-arguments.ts';

/** The value of a host's variable with every `{{ }}` in it evaluated, or what is wrong with them. */
export type Render = (
  variable: Variable,
  host: Host,
) => { readonly value: Value } | { readonly problems: readonly Problem[] };

/** Ansible's names for how a host is reached, without `ansible_`: those that count here and those without effect. */
const KNOWN_NAMES = [
  'host ssh_host port ssh_port user ssh_user password ssh_pass ssh_password private_key_file ssh_private_key_file',
  'ssh_args ssh_common_args ssh_extra_args ssh_timeout ssh_retries ssh_executable ssh_pipelining ssh_transfer_method',
  'timeout pipelining host_key_checking ssh_host_key_checking connection become become_user become_method become_pass',
  'become_password become_exe become_flags sudo_user sudo_pass sudo_exe sudo_flags shell_type shell_executable',
  'python_interpreter group_priority remote_tmp scp_extra_args sftp_extra_args',
]
  .join(' ')
  .split(' ');

const TRUE = ['yes', 'true', 'on', '1', 'y', 't'];
const FALSE = ['no', 'false', 'off', '0', 'n', 'f'];

/** Reads typed values out of a host's variables and keeps what is wrong with them. */
export class ConnectionReader {
  readonly problems: Problem[] = [];
  readonly #host: Host;
  readonly #render: Render;

  constructor(host: Host, render: Render) {
    this.#host = host;
    this.#render = render;
  }

  /** A name, an address, a path. */
  text(names: readonly string[]): string | undefined {
    return this.#read(names, 'must be text', (text) => text);
  }

  secret(names: readonly string[]): Secret | undefined {
    return this.#read(names, 'must be text', (text) => new Secret(text));
  }

  port(names: readonly string[]): number | undefined {
    return this.#read(names, 'must be a number from 1 to 65535', (text) => parsePort(text.trim()));
  }

  seconds(names: readonly string[]): number | undefined {
    const parse = (text: string): number | undefined =>
      /^[1-9][0-9]{0,5}$/.test(text.trim()) ? Number(text) : undefined;
    return this.#read(names, 'must be a number of seconds', parse);
  }

  flag(names: readonly string[]): boolean | undefined {
    return this.#read(names, 'must be true or false', (text) => {
      const word = text.trim().toLowerCase();
      return TRUE.includes(word) || (FALSE.includes(word) ? false : undefined);
    });
  }

  /** One of some words, with or without `ansible.builtin.` before it. */
  word<Word extends string>(names: readonly string[], words: readonly Word[]): Word | undefined {
    const bare = (text: string): string => text.replace(/^ansible\.builtin\./, '');
    return this.#read(names, `must be one of ${words.join(', ')}`, (text) => words.find((each) => each === bare(text)));
  }

  /** The value as `parse` understands it; where it does not, the complaint. */
  #read<Read>(names: readonly string[], wanted: string, parse: (text: string) => Read | undefined): Read | undefined {
    const found = this.#find(names);
    if (!found) return undefined;
    const text = scalarText(found.value);
    const read = text === undefined ? undefined : parse(text);
    if (read === undefined) this.#refuse(found, `${wanted}, not ${shown(found.value)}`);
    return read;
  }

  /** All of the names together, in their order. */
  sshArguments(names: readonly string[]): SshOptions {
    const given = names.map((name) => this.#find([name]));
    const texts: string[] = [];
    for (const variable of given) {
      if (!variable) continue;
      const text = scalarText(variable.value);
      if (text === undefined) this.#refuse(variable, 'must be text');
      for (const reason of parseSshArguments(text ?? '').refused) this.#refuse(variable, `: ${reason}`);
      texts.push(text ?? '');
    }
    return parseSshArguments(texts.join(' ')).options;
  }

  /** Refuses a variable whose value is none of those that change nothing. */
  refuseUnlessPlain(names: readonly string[], harmless: RegExp): void {
    const found = this.#find(names);
    if (found && !harmless.test(scalarText(found.value) ?? '-'))
      this.#refuse(found, `cannot be honoured: ${shown(found.value)}`);
  }

  /** A mistyped `ansible_hots` would silently connect to the wrong place. */
  warnOfNearMisses(): void {
    for (const { name, at } of this.#host.variables.values()) {
      const suffix = /^ansible_(.*)$/s.exec(name)?.[1];
      if (suffix === undefined || KNOWN_NAMES.includes(suffix)) continue;
      const meant = nearestWord(suffix, KNOWN_NAMES);
      if (meant === undefined) continue;
      this.problems.push(warning('inventory-value', `"${name}" means nothing, did you mean "ansible_${meant}"?`, at));
    }
  }

  /** The last of the names that is set, rendered. Empty text and null are as if not set. */
  #find(names: readonly string[]): Variable | undefined {
    const name = names.findLast((each) => this.#host.variables.has(each));
    const variable = name === undefined ? undefined : this.#host.variables.get(name);
    if (!variable) return undefined;
    const rendered = this.#rendered(variable);
    return rendered === undefined || rendered.value === null || rendered.value === '' ? undefined : rendered;
  }

  #rendered(variable: Variable): Variable | undefined {
    const result = this.#render(variable, this.#host);
    if ('value' in result) return { ...variable, value: result.value };
    this.problems.push(...result.problems);
    return undefined;
  }

  #refuse({ name, at }: Variable, text: string): void {
    const separator = text.startsWith(':') ? '' : ' ';
    this.problems.push(problem('inventory-value', `${name}${separator}${text}`, at));
  }
}

/** A scalar as text; undefined for lists and mappings. What a vault held may be any of these. */
function scalarText(value: Value): string | undefined {
  if (value === null || isValueList(value) || isValueMap(value)) return undefined;
  if (value instanceof Secret) return value.reveal();
  if (value instanceof Float) return value.toString();
  return String(value);
}

function shown(value: Value): string {
  if (isValueList(value)) return 'a list';
  if (isValueMap(value)) return 'a mapping';
  return value instanceof Secret ? '***' : `"${String(value)}"`;
}

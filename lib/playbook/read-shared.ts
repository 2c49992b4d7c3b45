import type { SharedKeywords } from './playbook.ts';
import type { Findings, Source } from './source.ts';
import { readBoolean, readEnvironment, readInteger, readText, readVariables, readWords } from './values.ts';

/** The words that plays, blocks and tasks have in common. */
export function readShared(get: (name: string) => Source | undefined, findings: Findings): SharedKeywords {
  const read = <Result>(
    word: string,
    as: (word: string, source: Source, findings: Findings) => Result,
  ): Result | undefined => {
    const source = get(word);
    return source && as(word, source, findings);
  };
  const method = get('become_method');
  if (
    typeof method?.value === 'string' &&
    !method.value.includes('{{') &&
    !PLAYBOOK_BECOME_METHODS.includes(method.value)
  ) {
    findings.error(
      'playbook-unsupported',
      `"become_method" is ${PLAYBOOK_BECOME_METHODS.join(', ')}, not "${method.value}"`,
      method.places.at,
    );
  }
  return Object.freeze({
    vars: read('vars', readVariables) ?? new Map(),
    become: read('become', readBoolean),
    becomeUser: read('become_user', readText),
    becomeMethod: read('become_method', readText),
    remoteUser: read('remote_user', readText),
    environment: read('environment', readEnvironment) ?? [],
    tags: read('tags', readWords) ?? [],
    ignoreErrors: read('ignore_errors', readBoolean),
    checkMode: read('check_mode', readBoolean),
    noLog: read('no_log', readBoolean),
    anyErrorsFatal: read('any_errors_fatal', readBoolean),
    timeout: read('timeout', readInteger),
  });
}

/** What `become_method` may say. */
export const PLAYBOOK_BECOME_METHODS: readonly string[] = ['sudo', 'su', 'runuser'];

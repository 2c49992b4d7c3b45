import type { ClusterFacts } from '../survey/cluster.ts';
import type { DatabaseFacts } from '../survey/database.ts';
import type { ServerDatabase, ServerFacts } from '../survey/server.ts';

/** The running cluster that is to be upgraded, as the checks see it. */
export interface Subject {
  readonly host: string;
  readonly cluster: ClusterFacts;
  readonly server: ServerFacts;
  readonly databases: readonly SurveyedDatabase[];
  /** The major that it shall become. */
  readonly target: string;
}

export interface SurveyedDatabase {
  readonly database: ServerDatabase;
  readonly facts: DatabaseFacts;
}

/** `15/main`. */
export function clusterName({ version, name }: Pick<ClusterFacts, 'version' | 'name'>): string {
  return `${version}/${name}`;
}

/** Some of many names: `a, b, c and 12 more`. */
export function someOf(names: readonly string[], count = names.length, shown = 5): string {
  const first = names.slice(0, shown).join(', ');
  return count > Math.min(shown, names.length) ? `${first} and ${count - Math.min(shown, names.length)} more` : first;
}

/** What an operator types to run SQL on the cluster; each statement in a transaction of its own. */
export function psqlLine({ cluster }: Pick<Subject, 'cluster'>, database: string, ...sql: readonly string[]): string {
  const statements = sql.map((each) => `-c ${shellWord(each)}`).join(' ');
  return `sudo -u ${cluster.owner} psql -p ${cluster.port} -d ${shellWord(database)} ${statements}`;
}

/** A name as SQL writes it. */
export function identifier(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

function shellWord(text: string): string {
  return /^[\w.,/-]+$/.test(text) ? text : `"${text.replaceAll(/(["\\$`])/g, '\\$1')}"`;
}

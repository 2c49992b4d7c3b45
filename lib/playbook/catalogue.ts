import type { ValueMap } from '../inventory/inventory.ts';

/** One argument that a module cannot take. */
export interface ArgumentIssue {
  /** The way to it: names and indexes; empty for the arguments as a whole. */
  readonly path: readonly string[];
  /** What was given, what is expected, the nearest known word. */
  readonly text: string;
  /** The key itself is at fault, not its value. */
  readonly key?: boolean;
}

/** What the playbook must know of modules. `lib/modules` fills it in, so that this room need not look there. */
export interface ModuleCatalogue {
  has(name: string): boolean;
  names(): Iterable<string>;
  /** The argument that `module: text` fills; undefined where the module takes `key=value` only. */
  freeForm(name: string): string | undefined;
  /** The arguments that are expressions without `{{ }}`. */
  expressionsOf(name: string): readonly string[];
  /** The names of a module's arguments. */
  argumentsOf(name: string): Iterable<string>;
  /** What is wrong with the arguments. Texts with `{{ }}` are not rendered yet; what is said of them is dropped. */
  validate(name: string, args: ValueMap): readonly ArgumentIssue[];
}

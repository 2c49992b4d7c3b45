import type { Scene } from '../fixtures.ts';

/** One finding, with what makes it fire and what looks like it and must not. */
export interface Case {
  readonly check: string;
  /** The host that it is told of: db1 where not given. */
  readonly on?: string;
  readonly notice?: boolean;
  readonly when: (scene: Scene) => unknown;
  readonly says: RegExp;
  readonly next?: RegExp;
  readonly quiet: (scene: Scene) => unknown;
}

import { GATHER_FACTS } from '../modules/generic/gather-facts.ts';
import type { Play, Task } from '../playbook/playbook.ts';
import type { BatchRun } from './generic-play.ts';
import { hostScope } from './host-scope.ts';
import { truth } from './task-settings.ts';

/** The task that Ansible puts before a play's own, with what the play hands down to it. */
export function factsTask({ keywords, at }: Play): Task {
  return {
    kind: 'task',
    id: 'facts',
    name: { kind: 'template', source: 'Gathering Facts', constant: true, at },
    module: GATHER_FACTS,
    arguments: { kind: 'template', source: {}, constant: true, at },
    argumentExpressions: [],
    when: [],
    register: undefined,
    loop: undefined,
    loopVar: 'item',
    indexVar: undefined,
    loopLabel: undefined,
    until: [],
    retries: undefined,
    delay: undefined,
    changedWhen: undefined,
    failedWhen: undefined,
    runOnce: undefined,
    delegateTo: undefined,
    notify: [],
    undo: undefined,
    pointOfNoReturn: false,
    keywords,
    at,
  };
}

/** Facts are gathered unless the play says not to. */
export function gathers({ keywords: { gatherFacts } }: Play, run: BatchRun & { readonly plain: Task }): boolean {
  const { engine, state, batch, plain } = run;
  const [host] = batch;
  if (host === undefined) return false;
  if (gatherFacts === undefined) return true;
  return truth('gather_facts', gatherFacts, hostScope({ engine, state, host, task: plain, extra: new Map() }));
}

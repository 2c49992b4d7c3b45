import type { AnyEvent } from '../../lib/events.ts';

/**
 * A place where something can be made to happen: `start`, its intent is in the journal and nothing was sent; `end`, the
 * host has done it and the journal does not know; `inside`, while the host does it.
 */
export interface Point {
  readonly flow: Flow;
  readonly task: string;
  readonly host: string;
  readonly step: number;
  readonly moment: 'start' | 'inside' | 'end';
  readonly play: string;
  readonly says: string;
  /** How long the step took in the recorded run. */
  readonly seconds: number;
  /** Whether it is a detached job. */
  readonly job: boolean;
}

/** The upgrade to its end; or one that is made to fail just before the point of no return, and is put back. */
export type Flow = 'upgrade' | 'put-back';

export function nameOf({ flow, task, host, step, moment }: Point): string {
  return `${flow} ${task} ${host} ${step} ${moment}`;
}

/** As PGUP_TEST_STOP_AT names it. */
export function placeOf({ task, host, step, moment }: Point): string {
  return `step:${moment === 'end' ? 'end' : 'start'} ${task} ${host} ${step}`;
}

/** A step that took longer than this, in seconds, is broken inside too; a detached job always is. */
const LONG = 1;

/** The points of a recorded run: before and after each step, and inside the long ones. */
export function pointsOf(flow: Flow, events: readonly AnyEvent[]): readonly Point[] {
  const points: Point[] = [];
  let play = '';
  let undo = false;
  for (const event of events) {
    if (event.type === 'play:start') [play, undo] = [event.play.replace(/: .*/s, ''), event.undo];
    // What comes before the putting back is the other flow's.
    if (event.type !== 'step:start' || (flow === 'put-back' && !undo)) continue;
    const { task, host, step, says, job } = event;
    const end = events.find(
      (each) => each.type === 'step:end' && each.task === task && each.host === host && each.step === step,
    );
    const seconds = end?.type === 'step:end' ? end.seconds : 0;
    const common = { flow, task, host, step, play, says: short(says), seconds, job };
    points.push({ ...common, moment: 'start' });
    if (job || seconds > LONG) points.push({ ...common, moment: 'inside' });
    points.push({ ...common, moment: 'end' });
  }
  return points;
}

function short(says: string): string {
  return says.length > 200 ? `${says.slice(0, 199)}…` : says;
}

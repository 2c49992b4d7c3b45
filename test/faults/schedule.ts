import type { Kind, Fault } from './breakage.ts';
import { faultName } from './breakage.ts';
import type { Flow, Point } from './points.ts';
import { shuffled, type Random } from './random.ts';

/** The topologies that cases run on; most on the first. */
export const TOPOLOGIES = ['standin', 'standin-install', 'standin-disk'] as const;
export type TopologyName = (typeof TOPOLOGIES)[number];

/** One run of the table: what is broken where, and on which hosts. */
export interface Case {
  readonly name: string;
  readonly topology: TopologyName;
  readonly flow: Flow;
  readonly faults: readonly Fault[];
}

/** What was recorded on each topology. */
export type Recorded = Readonly<Record<TopologyName, readonly Point[]>>;

/** The whole table. Nothing in it is listed by hand but what each kind of fault is for. */
export function schedule(recorded: Recorded, random: Random): readonly Case[] {
  const points = recorded.standin;
  const installs = recorded['standin-install'].filter(({ says }) => /^install /.test(says));
  const single = (kind: Kind, point: Point, topology: TopologyName = 'standin'): Case =>
    caseOf([{ kind, point }], topology);
  return [
    ...points.flatMap((point) => [single('kill', point), single('cut', point)]),
    ...installs.flatMap((point) => [single('kill', point, 'standin-install'), single('cut', point, 'standin-install')]),
    ...seldom(points).flatMap((point) => SELDOM.map((kind) => single(kind, point))),
    ...seldom(points).flatMap((point) => (point.play === 'Check' ? [] : [single('freeze', point)])),
    ...installs
      .filter(({ moment }) => moment === 'inside')
      .flatMap((point) => SELDOM.map((kind) => single(kind, point, 'standin-install'))),
    ...fullDisks(recorded['standin-disk']).map((point) => single('disk-full', point, 'standin-disk')),
    ...Array.from({ length: points.length > 0 ? COMBINATIONS : 0 }, () => combination(points, random)),
  ];
}

const SELDOM: readonly Kind[] = ['long-cut', 'database-power', 'application-power', 'sshd', 'clock'];
const COMBINATIONS = 20;

/** Steps that fill a disk where it is nearly full: the new cluster, the backup, pg_upgrade, the marker. */
const FULL_DISKS = [
  /^create cluster /,
  /^copy \S+ to .* and compare/,
  /^pg_upgrade \S+ to /,
  /marker is written/,
] as const;

/** Throws where a step is no longer said as it was: its case would be left out of the table in silence. */
function fullDisks(points: readonly Point[]): readonly Point[] {
  if (points.length === 0) return [];
  const starts = points.filter(({ flow, moment }) => flow === 'upgrade' && moment === 'start');
  return FULL_DISKS.flatMap((says) => {
    const found = starts.filter((point) => says.test(point.says));
    if (found.length === 0) throw new Error(`no step says ${String(says)}`);
    return found;
  });
}

/** The first point of each play, and inside each long job. */
function seldom(points: readonly Point[]): readonly Point[] {
  return points.filter(
    (point, index) =>
      (point.job && point.moment === 'inside') ||
      points.findIndex(({ flow, play }) => flow === point.flow && play === point.play) === index,
  );
}

/** Two faults, one behind the other: in one run, or the second where it is gone on with. */
function combination(points: readonly Point[], random: Random): Case {
  const kinds: readonly Kind[] = ['kill', 'cut', 'database-power', 'application-power', 'sshd'];
  const flow: Flow = random() < 0.8 ? 'upgrade' : 'put-back';
  const some = points.map((point, index) => ({ point, index })).filter(({ point }) => point.flow === flow);
  const [one, two] = shuffled(some, random)
    .slice(0, 2)
    .sort((a, b) => a.index - b.index);
  if (!one || !two) throw new Error('too few points for a combination');
  const first: Kind = 'kill';
  const second = kinds[Math.floor(random() * kinds.length)] ?? 'kill';
  return caseOf(
    [
      { kind: first, point: one.point },
      { kind: second, point: two.point },
    ],
    'standin',
  );
}

function caseOf(faults: readonly Fault[], topology: TopologyName): Case {
  const flow = faults[0]?.point.flow ?? 'upgrade';
  return Object.freeze({ name: faults.map(faultName).join(', then '), topology, flow, faults });
}

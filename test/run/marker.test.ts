import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { command } from '../../lab/command.ts';
import type { NoReturn } from '../../lib/run/deployment-state.ts';
import { judgeNoReturn, writeMarker, type Shown } from '../../lib/run/marker.ts';

const mine = `${JSON.stringify({ run: 'r1', deployment: 'ams', token: 3, at: 0 })}\n`;
const evidence = 'data-directory /var/lib/postgresql/17/main\nsystem-identifier 7\ntimeline 1\n';
const now = { dataDirectory: '/var/lib/postgresql/17/main', systemIdentifier: '7', timeline: '1', open: true };
const closed = { ...now, open: false };

interface Case {
  readonly what: string;
  readonly shown: Shown;
  readonly journal: NoReturn;
  readonly noReturn: 'ahead' | 'passed';
  readonly why?: RegExp;
}

const cases: readonly Case[] = [
  {
    what: 'is ahead where nothing says otherwise',
    shown: { marker: undefined, now: closed },
    journal: 'ahead',
    noReturn: 'ahead',
  },
  {
    what: 'is ahead where the marker was announced and never came to the disk',
    shown: { marker: undefined, now: closed },
    journal: 'maybe',
    noReturn: 'ahead',
  },
  {
    what: 'is passed where the journal says so and the marker is gone',
    shown: { marker: undefined, now: closed },
    journal: 'passed',
    noReturn: 'passed',
    why: /the journal says that the marker was written, and it is not there/,
  },
  {
    what: 'is passed where the new cluster is open, marker or not',
    shown: { marker: undefined, now },
    journal: 'ahead',
    noReturn: 'passed',
    why: /no marker, but the new cluster \/var\/lib\/postgresql\/17\/main \(7\) is open/,
  },
  {
    what: 'is passed where the marker is ours and the cluster the same',
    shown: { marker: mine + evidence, now },
    journal: 'ahead',
    noReturn: 'passed',
  },
  {
    what: 'is passed where no upgrade is known that could be looked at',
    shown: { marker: mine, now: undefined },
    journal: 'maybe',
    noReturn: 'passed',
  },
  {
    what: 'is passed, and doubted, where the marker is of another run',
    shown: { marker: mine.replace('r1', 'r0'), now: closed },
    journal: 'ahead',
    noReturn: 'passed',
    why: /the marker there is that of run r0/,
  },
  {
    what: 'is passed, and doubted, where the marker cannot be read',
    shown: { marker: '{"run": "r', now: closed },
    journal: 'ahead',
    noReturn: 'passed',
    why: /that of run nobody knows which/,
  },
  {
    what: 'is passed, and doubted, where the cluster is another one since',
    shown: { marker: mine + evidence, now: { ...now, systemIdentifier: '8', timeline: '2' } },
    journal: 'passed',
    noReturn: 'passed',
    why: /system identifier was 7 and is 8, timeline was 1 and is 2/,
  },
];

describe('the point of no return', () => {
  for (const { what, shown, journal, noReturn, why } of cases) {
    it(what, () => {
      const judged = judgeNoReturn(shown, { journal, run: 'r1' });
      expect(judged.noReturn).to.equal(noReturn);
      if (why) expect(judged.why).to.match(why);
      else expect(judged.why).to.equal(undefined);
    });
  }

  it('is marked whole or not at all, with what the server showed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pgup-marker-'));
    try {
      const { text } = writeMarker({ run: "it's", deployment: 'a b', token: 3, at: 1 }, undefined);
      const here = text.replaceAll('/var/lib/pgup', folder);
      await command(['sh', '-c', here]);
      expect(readFileSync(join(folder, 'marker'), 'utf8').split('\n')[0]).to.equal(
        '{"run":"it\'s","deployment":"a b","token":3,"at":1}',
      );
      // a folder stands where the new text would be written: the old marker stays as it is
      await command(['mkdir', join(folder, 'marker.new')]);
      const second = await command(['sh', '-c', here.replace('"token":3', '"token":4')], { mayFail: true });
      expect(second.code).to.not.equal(0);
      expect(readFileSync(join(folder, 'marker'), 'utf8')).to.contain('"token":3');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

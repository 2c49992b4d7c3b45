import { expect } from 'chai';
import { plainRenderer } from '../../../cli/render/plain.ts';
import { formatDuration } from '../../../cli/render/duration.ts';
import { escapeControls } from '../../../cli/render/escape.ts';
import { testContext } from '../support.ts';

describe('the plain output', () => {
  it('shows control characters of a host and never obeys them', async () => {
    const context = testContext({ env: { FORCE_COLOR: '1' } });
    const render = plainRenderer(context);
    const says = 'evil \x1b[2J\x1b]0;owned\x07 \u009b31m\r\nnext';
    const task = {
      deployment: 'd',
      task: '1.1',
      name: 'look',
      host: 'h',
      status: 'changed',
      steps: [],
      seconds: 0,
    } as const;
    render({ type: 'task:host', at: 0, ...task, says });
    await new Promise(setImmediate);
    expect(context.out()).to.contain('evil \\x1b[2J\\x1b]0;owned\\x07 \\x9b31m');
    expect(context.out()).to.not.match(/\x1b\[2J|\x07|\u009b/);
    // Our own colour is there, because it was asked for.
    expect(context.out()).to.contain('\x1b[33m');
  });

  it('has no colour where it is not a terminal', async () => {
    const context = testContext();
    plainRenderer(context)({ type: 'play:start', at: 0, deployment: 'd', play: '1 Stop Nautobot', undo: false });
    await new Promise(setImmediate);
    expect(context.out()).to.equal('\nPLAY 1 Stop Nautobot\n');
  });

  for (const [batches, line] of [
    [[['a', 'b', 'c']], ''],
    [[['a'], ['b', 'c']], 'in batches: a, then b c\n'],
  ] as const) {
    it(`says the order of ${batches.length} batches before anything is begun`, async () => {
      const context = testContext();
      const start = { run: 'r1', playbook: 'p.yml', check: false, hosts: 3, folder: undefined };
      plainRenderer(context)({ type: 'run:start', at: 0, ...start, deployments: ['a', 'b', 'c'], batches });
      await new Promise(setImmediate);
      expect(context.out()).to.equal(`pgup run r1: p.yml, 3 deployments, 3 hosts\n${line}`);
    });
  }

  it('says what happened, what stands and what to type', async () => {
    const context = testContext();
    const letter = { happened: 'a failed', stands: ['b stands'], next: ['type c'], host: 'h', deployment: 'd' };
    plainRenderer(context)({ type: 'letter', at: 0, code: 'held', ...letter });
    await new Promise(setImmediate);
    expect(context.out()).to.equal(
      '\nd: error[held]\n  what happened: a failed\n  what stands:   b stands\n  what to type:  type c\n',
    );
  });
});

describe('escapeControls', () => {
  it('keeps newlines and tabs, drops carriage returns, shows the rest', () => {
    expect(escapeControls('a\tb\r\nc\x00\x7f')).to.equal('a\tb\nc\\x00\\x7f');
  });
});

describe('formatDuration', () => {
  for (const [seconds, text] of [
    [0.04, '0.0 s'],
    [12.34, '12.3 s'],
    [99.9, '99.9 s'],
    [100, '1 min 40 s'],
    [3599.6, '1 h 00 min'],
    [3725, '1 h 02 min'],
  ] as const) {
    it(`${seconds} is ${text}`, () => {
      expect(formatDuration(seconds)).to.equal(text);
    });
  }
});

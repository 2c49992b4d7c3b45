import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { ClientChannel } from 'ssh2';
import { Ssh2Channel } from '../../lib/transport/ssh2-channel.ts';

/** What ssh2 gives, without a host behind it: the order in which its events come is the test's. */
function fakeChannel(): PassThrough & ClientChannel {
  return Object.assign(new PassThrough(), {
    stderr: new PassThrough(),
    close: () => undefined,
  }) as unknown as PassThrough & ClientChannel;
}

const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

describe('transport: a channel of ssh2', () => {
  it('leaves no timer behind that would hold the program back at its end', async () => {
    await sleep(1); // mocha's own timer begins after the first wait
    const before = timers();
    const raw = fakeChannel();
    const channel = new Ssh2Channel(raw);
    channel.close();
    raw.emit('exit', 0);
    raw.emit('close', 0);
    expect(await channel.ended).to.deep.equal({ kind: 'exited', code: 0 });
    expect(timers()).to.equal(before);
    channel.close();
    expect(timers()).to.equal(before);
  });
});

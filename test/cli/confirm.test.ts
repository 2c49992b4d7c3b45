import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { confirm } from '../../cli/confirm.ts';
import { PgupError } from '../../lib/errors.ts';
import { testContext } from './support.ts';

const ASKED = { verb: 'stops and upgrades', sources: ['fleets/prod.ini'], deployments: ['paris', 'rome'], hosts: 4 };

/** What comes of it where a person at a terminal types this; undefined: nothing, and the terminal is closed. */
async function typing(text: string | undefined): Promise<{ readonly said: string; readonly error?: PgupError }> {
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const plain = testContext();
  const context = { ...plain, stdin, stdout: Object.assign(plain.stdout, { isTTY: true }) };
  if (text === undefined) stdin.end();
  else stdin.write(text);
  try {
    await confirm(ASKED, context);
    return { said: plain.out() };
  } catch (thrown) {
    if (!(thrown instanceof PgupError)) throw thrown;
    return { said: plain.out(), error: thrown };
  }
}

describe('the question before the first stop', () => {
  it('says what is about to happen, and takes the name of the inventory for a yes', async () => {
    const { said, error } = await typing('prod.ini\n');
    expect(error).to.equal(undefined);
    expect(said).to.match(
      /^This stops and upgrades paris, rome \(4 hosts of prod\.ini\)\.\n.*Type prod\.ini to go on: /,
    );
  });

  for (const [what, text] of [
    ['yes', 'yes\n'],
    ['nothing', '\n'],
    ['another inventory', 'staging.ini\n'],
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', undefined],
  ] as const) {
    it(`takes ${what} for a no`, async () => {
      const { error } = await typing(text);
      expect(error?.code).to.equal('confirmation');
      expect(error?.message).to.contain('is not "prod.ini": nothing was done');
    });
  }

  it('is not asked where nobody can answer: it is an error', async () => {
    const found = await confirm(ASKED, testContext()).catch((thrown: unknown) => thrown);
    expect(found).to.be.instanceOf(PgupError).and.have.property('next').that.contains('--yes');
  });
});

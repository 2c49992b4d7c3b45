import { expect } from 'chai';
import { runCli } from '../../cli/cli.ts';
import { testContext } from './support.ts';

describe('options with odd values', () => {
  const refused: readonly (readonly [string, RegExp])[] = [
    ['run --check=maybe --yes', /--check=maybe: an option of this kind takes no value but true or false/],
    ['run --check= --yes', /--check=: an option of this kind/],
    ['run -C=maybe --yes', /-C=maybe: an option of this kind/],
    ['run -yC=0', /-yC=0: an option of this kind/],
    ['run --yes=1', /--yes=1: an option of this kind/],
    ['run --check --check=false --yes', /--check: the same option is given as true and as false/],
    ['run --no-check --yes', /error\[usage\]: unknown option: no-check\n/],
    ['run --chek --yes', /unknown option: chek, did you mean "check"\?/],
    ['run --list-hots', /unknown option: list-hots\b/],
    ['run --forks', /--forks needs a value/],
    ['run --forks 0', /forks is "0", and a whole number above 0/],
    ['run --forks x', /forks is "x", and a whole number above 0/],
    ['run --limit', /--limit needs a value/],
    ['run --limit a --limit b', /limit is given 2 times, and once was expected/],
    ['run -i', /-i needs a value/],
    ['run -e', /-e needs a value/],
    ['exec --check=x all -- true', /--check=x: an option of this kind/],
    ['inventory --list=maybe', /--list=maybe: an option of this kind/],
  ];
  for (const [line, text] of refused)
    it(`pgup ${line}`, async () => {
      const context = testContext();
      expect(await runCli(line.split(' '), context)).to.equal(5);
      expect(context.err()).to.match(text);
      expect(context.err()).not.to.match(/^\s+at /m);
      expect(context.out()).to.equal('');
    });

  it('leave alone what comes after --', async () => {
    const context = testContext();
    await runCli(['exec', 'all', '-i', 'gone.ini', '--', 'tool', '--check=maybe'], context);
    expect(context.err()).to.match(/gone\.ini/);
  });
});

import { expect } from 'chai';
import type { Decision, Step } from '../../../lib/modules/module.ts';
import { decide, exited, learnedAt, moment, told, upgrade } from './fixtures.ts';

function stepsOf(decision: Decision): readonly Step[] {
  return decision.kind === 'steps' ? decision.steps : [];
}

const says = (decision: Decision): readonly string[] => stepsOf(decision).map((step) => step.says);

/** Replaces a base64 answer, or takes it away. */
function answer(name: string, value: string | undefined) {
  const line = value === undefined ? '' : `${name}* ${Buffer.from(value).toString('base64')}\n`;
  return (text: string): string => {
    const without = text.replace(new RegExp(`^${name}\\*? .*\\n`, 'm'), '');
    return without + line;
  };
}

describe('whose the new cluster is', () => {
  const { run } = moment('prepared');

  it('its own: the receipt has its identifier and this run', () => {
    expect(told(decide({ module: 'create_cluster', state: 'prepared' }))).to.equal('nothing');
  });

  it('one of another run of pgup is made anew', () => {
    const decision = decide({ module: 'create_cluster', state: 'prepared', run: 'another-run', upgrade: upgrade(run) });
    expect(says(decision).join()).to.match(/create cluster 17\/main .* again/);
  });

  it('half made: no receipt yet, and this run had seen that there was none', () => {
    const decision = decide({ module: 'create_cluster', state: 'prepared', facts: answer('receipt', undefined) });
    expect(says(decision).join()).to.match(/again/);
  });

  const FOREIGN: readonly (readonly [string, (text: string) => string])[] = [
    ['another identifier than the receipt’s', answer('receipt', '7000000000000000001\nrun\n')],
    [
      'no receipt, and the intent of another run',
      (text) => answer('intent', 'another-run')(answer('receipt', undefined)(text)),
    ],
    ['neither receipt nor intent', (text) => answer('intent', undefined)(answer('receipt', undefined)(text))],
  ];
  for (const [what, facts] of FOREIGN) {
    it(`a stranger's: ${what}; neither made anew nor dropped`, () => {
      expect(told(decide({ module: 'create_cluster', state: 'prepared', facts }))).to.equal('foreign-cluster');
      expect(told(decide({ module: 'drop_cluster', state: 'prepared', facts }))).to.equal('foreign-cluster');
    });
  }
});

describe('pg_upgrade that was begun before', () => {
  it('and did not finish: the cluster is emptied, then it runs again', () => {
    const decision = decide({ module: 'pg_upgrade', state: 'backed-up', facts: (text) => `${text}begun yes\n` });
    expect(says(decision)).to.deep.equal([
      'make the private directories /run/pgup-17-main and /var/lib/postgresql/17/pgup-main',
      'empty 17/main again: an earlier pg_upgrade did not finish',
      'see that both servers are down and the old data is what was fingerprinted',
      'pg_upgrade 15/main to 17/main, mode copy',
    ]);
  });

  it('and left servers running: they are stopped first', () => {
    const facts = (text: string): string => `${text}old-running yes\nbegun yes\n`;
    expect(says(decide({ module: 'pg_upgrade', state: 'backed-up', facts })).slice(0, 3)).to.deep.equal([
      'make the private directories /run/pgup-17-main and /var/lib/postgresql/17/pgup-main',
      'stop servers that an interrupted pg_upgrade left running',
      'empty 17/main again: an earlier pg_upgrade did not finish',
    ]);
  });

  it('when the host lost its power: the old cluster recovers once, closed', () => {
    const facts = answer('old-control', control('in production', '700'));
    expect(says(decide({ module: 'pg_upgrade', state: 'backed-up', facts }))[1]).to.match(/recovers and shuts down/);
  });

  it('refuses when the old cluster has run transactions since', () => {
    const decision = decide({ module: 'pg_upgrade', state: 'backed-up' });
    const ready = stepsOf(decision).find((step) => step.says.startsWith('see that both'))!;
    const { fingerprint } = learnedAt('backed-up') as { fingerprint: { nextXid: string } };
    expect(ready.judge!(exited(0, control('shut down', fingerprint.nextXid))).ok).to.equal(true);
    const refused = ready.judge!(exited(0, control('shut down', '1')));
    expect(refused).to.deep.include({ ok: false });
    expect(refused.says).to.match(/since it was fingerprinted/);
  });
});

describe('a fingerprint that is not that of what was stopped', () => {
  it('is taken again from a closed start of the old server', () => {
    const learned = { fingerprint: { kind: 'fingerprint', nextXid: '1', rows: 1, entries: {}, hash: '' } };
    expect(says(decide({ module: 'settle_fingerprint', state: 'stopped', learned }))).to.deep.equal([
      'make the private directories /run/pgup-17-main and /var/lib/postgresql/17/pgup-main',
      'start PostgreSQL 15 closed, fingerprint the data again, stop it',
      'see that it went down cleanly',
    ]);
  });

  it('because it was never taken, is taken then', () => {
    expect(told(decide({ module: 'settle_fingerprint', state: 'stopped', learned: {} }))).to.equal('steps');
  });

  it('cannot be settled while a server runs that was stopped', () => {
    const facts = (text: string): string => `running yes\n${text}`;
    expect(told(decide({ module: 'settle_fingerprint', state: 'stopped', facts }))).to.equal('old-cluster-running');
  });
});

describe('a service of Nautobot that is to be stopped', () => {
  const unit = 'nautobot-scheduler.service';
  const stop = (state: string): readonly string[] =>
    says(
      decide({
        module: 'nautobot_service',
        host: 'app1',
        state: 'fresh',
        arguments: { role: 'scheduler', state: 'stopped' },
        facts: (text) => text.replace(`active:${unit} yes\n`, state === '' ? '' : `${state}:${unit} yes\n`),
      }),
    );

  it('is stopped while it runs, and while it starts or waits to be started again', () => {
    expect(stop('active')).to.deep.equal([`stop ${unit}`]);
    expect(stop('coming')).to.deep.equal([`stop ${unit}`]);
  });

  it('is left alone where it does not run', () => {
    expect(stop('')).to.deep.equal([]);
  });
});

describe('carry_settings', () => {
  it('does nothing a second time, unless the old settings changed', () => {
    const first = stepsOf(decide({ module: 'carry_settings', state: 'prepared' }));
    const hash = /'?([0-9a-f]{64})'?/.exec(textOf(first.find((step) => step.says.startsWith('put closed')))!)![1]!;
    const facts = answer('carried', `${hash}\n`);
    expect(told(decide({ module: 'carry_settings', state: 'prepared', facts }))).to.equal('nothing');
    const changed = (text: string): string => answer('hba', 'local all all peer\n')(facts(text));
    expect(told(decide({ module: 'carry_settings', state: 'prepared', facts: changed }))).to.equal('steps');
  });

  it('takes away what a host that lost its power had staged and not put in its place', () => {
    const steps = stepsOf(decide({ module: 'carry_settings', state: 'prepared' }));
    const uploads = steps.flatMap((step) => (step.kind === 'upload' ? [step.path] : []));
    const swept = textOf(steps.find((step) => step.says.startsWith('put closed')));
    expect(swept).to.contain("find /etc/postgresql/17/main -name '.pgup-*' -delete &&");
    // All others are in the folder of the upgrade, which goes as a whole.
    const elsewhere = uploads.filter((path) => !path.startsWith('/etc/postgresql/17/main/'));
    expect(elsewhere.filter((path) => !path.startsWith('/var/lib/postgresql/17/pgup-main/'))).to.deep.equal([]);
    expect(elsewhere.length).to.be.lessThan(uploads.length);
  });

  it('keeps what holds a password out of sight', () => {
    const facts = answer('file:conf.d/x.conf', "primary_conninfo = 'user=x password=y'\n");
    const step = stepsOf(decide({ module: 'carry_settings', state: 'prepared', facts })).find((each) =>
      each.says.includes('x.conf'),
    )!;
    expect(JSON.stringify(step)).to.not.contain('password=y');
  });

  it('writes settings that keep the new cluster closed, whoever starts it', () => {
    const auto = stepsOf(decide({ module: 'carry_settings', state: 'prepared' })).find(
      (step) => step.kind === 'upload' && step.path.endsWith('data-files/postgresql.auto.conf'),
    );
    const content = auto?.kind === 'upload' ? String(auto.content) : '';
    expect(content).to.match(/^port = '\d{5}'$/m);
    expect(content).to.match(/^hba_file = '\/var\/lib\/postgresql\/17\/pgup-main\/closed.hba'$/m);
    expect(content).to.match(/^unix_socket_directories = '\/run\/pgup-17-main'$/m);
  });
});

function textOf(step: Step | undefined): string | undefined {
  return step && 'command' in step ? step.command.text : undefined;
}

function control(state: string, nextXid: string): string {
  return `Database system identifier: 7\nDatabase cluster state: ${state}\nLatest checkpoint's NextXID: 0:${nextXid}\n`;
}

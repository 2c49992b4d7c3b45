import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { resolveTarget, type Reach } from '../../lib/transport/resolve-target.ts';
import { SshConfigReader } from '../../lib/transport/ssh-config.ts';
import type { Target } from '../../lib/transport/transport.ts';
import { errorOf } from '../support/line.ts';

describe('a target, as ssh_config has it (ssh -G)', () => {
  let folder: string;
  let configFile: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pgup-config-'));
    configFile = join(folder, 'config');
    mkdirSync(join(folder, 'keys'));
    for (const key of ['web1', 'ops', 'named']) writeFileSync(join(folder, 'keys', key), 'a key');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const reach = (changes: Partial<Reach> = {}): Reach => ({
    host: 'web1',
    connection: 'ssh',
    address: 'web1',
    port: undefined,
    user: undefined,
    password: undefined,
    privateKeyFile: undefined,
    timeout: undefined,
    ...changes,
    ssh: {
      userKnownHostsFiles: undefined,
      hostKeyChecking: undefined,
      jumps: undefined,
      privateKeyFiles: [],
      configFile,
      ...changes.ssh,
    },
  });
  const resolved = (config: string, changes: Partial<Reach> = {}): Promise<Target> => {
    writeFileSync(configFile, config);
    return resolveTarget(reach(changes), {
      home: folder,
      user: 'operator',
      agentSocket: '/run/agent',
      knownHostsFiles: undefined,
      config: new SshConfigReader({ home: folder }),
    });
  };

  it('takes the first value of each word, by Host with patterns and negation', async () => {
    const target = await resolved(
      'Host !web1 web*\n  User other\nHost web?\n  HostName 192.0.2.1\n  Port 2222\n  User first\nHost *\n  User second\n  Port 9\n',
    );
    expect(target).to.deep.include({ address: '192.0.2.1', port: 2222, user: 'first', transport: 'ssh2' });
  });

  it('asks ssh for Match, and what is included', async () => {
    writeFileSync(join(folder, 'more'), 'Match host 192.0.2.9\n  User matched\n  ConnectTimeout 33\n');
    const target = await resolved(`Host web1\n  HostName 192.0.2.9\nInclude ${join(folder, 'more')}\n`);
    expect(target).to.deep.include({ address: '192.0.2.9', user: 'matched', connectTimeout: 33_000 });
  });

  it('finds keys by tokens and home, only those that are there, and offers no others where that is said', async () => {
    const target = await resolved(
      `IdentityFile ${folder}/keys/%h\nIdentityFile %d/keys/%r\nIdentityFile ~/keys/absent\nIdentitiesOnly yes\nUser ops\n`,
    );
    expect(target.identitiesOnly).to.equal(true);
    expect(target.privateKeyFiles).to.deep.equal([join(folder, 'keys/web1'), join(folder, 'keys/ops')]);
  });

  it('lets the inventory win', async () => {
    const target = await resolved('User config\nPort 2222\nConnectTimeout 5\nStrictHostKeyChecking no\n', {
      user: 'inventory',
      port: 22,
      timeout: 7,
      privateKeyFile: '~/keys/named',
      ssh: { ...reach().ssh, hostKeyChecking: 'strict', userKnownHostsFiles: ['~/known'] },
    });
    expect(target).to.deep.include({ user: 'inventory', port: 22, connectTimeout: 7000, hostKeyChecking: 'strict' });
    expect(target.privateKeyFiles).to.deep.equal([join(folder, 'keys/named')]);
    expect(target.knownHostsFiles).to.deep.equal([join(folder, 'known')]);
  });

  it('goes through jump hosts, each with what ssh_config says of it', async () => {
    const target = await resolved(
      'Host inner\n  User two\n  Port 2022\nHost outer\n  HostName 192.0.2.5\n  User one\nHost web1\n  ProxyJump outer,me@inner:99\n',
    );
    expect(target.jumps.map(({ address, user, port }) => [address, user, port])).to.deep.equal([
      ['192.0.2.5', 'one', 22],
      ['inner', 'me', 99],
    ]);
    const nested = await resolved('Host middle\n  ProxyJump outer\nHost web1\n  ProxyJump middle\n');
    expect(nested.jumps.map(({ address }) => address)).to.deep.equal(['outer', 'middle']);
    const direct = await resolved('Host web1\n  ProxyJump outer\n', { ssh: { ...reach().ssh, jumps: [] } });
    expect(direct.jumps).to.deep.equal([]);
  });

  it('leaves what ssh2 cannot do to ssh: a ProxyCommand, a certificate', async () => {
    const command = 'Host web1\n  ProxyCommand nc %h %p\n';
    expect((await resolved(command)).transport).to.equal('openssh');
    const error = await errorOf(resolved(command, { connection: 'ssh2' }));
    expect([error.code, error.next]).to.deep.equal([
      'transport',
      'set ansible_connection=openssh for web1, or leave it out',
    ]);
    writeFileSync(join(folder, 'keys/web1-cert.pub'), 'a certificate');
    expect((await resolved(`IdentityFile ${folder}/keys/web1\n`)).transport).to.equal('openssh');
    expect((await resolved(`IdentityFile ${folder}/keys/ops\n`)).transport).to.equal('ssh2');
  });

  it('knows the agent that is named, and that there shall be none', async () => {
    expect((await resolved('')).agentSocket).to.equal('/run/agent');
    expect((await resolved('IdentityAgent /run/another\n')).agentSocket).to.equal('/run/another');
    expect((await resolved('IdentityAgent none\n')).agentSocket).to.equal(undefined);
  });

  it('says where ssh cannot read its configuration, with the command that shows it', async () => {
    const error = await errorOf(resolved('Host web1\n  Prot 22\n'));
    expect(error.code).to.equal('file-missing');
    expect(error.message).to.match(
      /ssh cannot read its configuration for web1: .*line 2: Bad configuration option: prot/s,
    );
    expect(error.next).to.equal(`ssh -G -F ${configFile} web1`);
  });

  it('gives ssh no address that it would take for an option', async () => {
    const error = await errorOf(resolved('', { address: '-oProxyCommand=id' }));
    expect(error.code).to.equal('inventory-value');
  });
});

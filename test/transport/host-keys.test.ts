import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { fingerprint } from '../../lib/transport/fingerprint.ts';
import { guardHostKey } from '../../lib/transport/host-keys.ts';
import { blobType } from '../../lib/transport/known-hosts.ts';
import { errorOf, useSshd } from '../support/line.ts';
import { NETWORKED, type Networked } from './ways.ts';

for (const way of Object.keys(NETWORKED) as Networked[]) {
  describe(`transport: host keys on a real sshd, by ${way}`, () => {
    const sshd = useSshd();
    const transport = NETWORKED[way]();
    let counter = 0;

    const file = (content: string): string => {
      counter += 1;
      const path = join(sshd().folder, `known_hosts_${counter}`);
      writeFileSync(path, content);
      return path;
    };
    const publicKey = (type: string): string => readFileSync(join(sshd().folder, `host_${type}.pub`), 'utf8').trim();
    const otherKey = (type: string): string => {
      const path = join(sshd().folder, `other_${type}`);
      if (!existsSync(path)) execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', '', '-f', path]);
      return readFileSync(`${path}.pub`, 'utf8').trim();
    };
    const name = (): string => `[127.0.0.1]:${sshd().port}`;
    const open = async (knownHosts: string, changes = {}): Promise<void> => {
      const connection = await transport.open(sshd().target({ knownHostsFiles: [knownHosts], ...changes }));
      await connection.close();
    };

    it('takes a key that is known', async () => {
      await open(file(`${name()} ${publicKey('ed25519')}\n`));
    });

    it('takes a key that is known by a hashed name, as ssh-keygen -H writes it', async () => {
      const path = file(`${name()} ${publicKey('ed25519')}\n`);
      execFileSync('ssh-keygen', ['-q', '-H', '-f', path], { stdio: 'ignore' });
      expect(readFileSync(path, 'utf8')).to.match(/^\|1\|/);
      await open(path);
    });

    it('asks for the type that is known, although ed25519 is preferred', async () => {
      await open(file(`${name()} ${publicKey('rsa')}\n`));
    });

    it('refuses an unknown key, with its fingerprint and the commands to type', async () => {
      const path = file('');
      const error = await errorOf(open(path));
      expect(error.code).to.equal('host-key-unknown');
      const wanted = execFileSync('ssh-keygen', ['-lf', join(sshd().folder, 'host_ed25519.pub')], { encoding: 'utf8' });
      expect(error.message).to.include(wanted.split(' ')[1]);
      expect(error.next).to.include(`ssh-keyscan -p ${sshd().port} -t ed25519 127.0.0.1 >> ${path}`);
      expect(error.host).to.equal('web1');
    });

    it('is content once that command was typed', async () => {
      const path = file('');
      const { next } = await errorOf(open(path));
      execFileSync('sh', ['-c', next?.split('then: ')[1] ?? 'false'], { stdio: 'ignore' });
      await open(path);
    });

    for (const mode of ['strict', 'accept-new', 'off'] as const) {
      it(`refuses a changed key in mode ${mode}, with the line and the command that removes it`, async () => {
        const path = file(`# mine\n${name()} ${otherKey('ed25519')}\n`);
        const error = await errorOf(open(path, { hostKeyChecking: mode }));
        expect(error.code).to.equal('host-key-changed');
        expect(error.message).to.include(`${path}:2`);
        expect(error.next).to.include(`ssh-keygen -f ${path} -R '${name()}'`);
        expect(readFileSync(path, 'utf8').split('\n')).to.have.length(3);
      });
    }

    it('is content once that command was typed and the key is there', async () => {
      const path = file(`${name()} ${otherKey('ed25519')}\n`);
      const { next } = await errorOf(open(path));
      execFileSync('sh', ['-c', next?.split('right: ')[1] ?? 'false'], { stdio: 'ignore' });
      expect((await errorOf(open(path))).code).to.equal('host-key-unknown');
    });

    it('takes a host that lost its known type for a changed one, also where new keys are accepted', async () => {
      const path = file(`${name()} ${otherKey('ecdsa')}\n`);
      expect((await errorOf(open(path, { hostKeyChecking: 'accept-new' }))).code).to.equal('host-key-changed');
    });

    it('refuses a revoked key, also where host keys are not checked', async () => {
      const path = file(`${name()} ${publicKey('ed25519')}\n@revoked * ${publicKey('ed25519')}\n`);
      const error = await errorOf(open(path, { hostKeyChecking: 'off' }));
      expect(error.code).to.equal('host-key-changed');
      expect(error.message).to.include('revoked').and.include(`${path}:2`);
    });

    it('says what is missing where a certificate authority is known only', async () => {
      const error = await errorOf(open(file(`@cert-authority * ${otherKey('ed25519')}\n`)));
      expect(error.code).to.equal('host-key-unknown');
      expect(error.next).to.include(way === 'ssh2' ? 'ansible_connection=openssh' : 'ssh-keygen -Lf');
    });

    it('accepts a new key once where that is asked for, and writes it down as ssh understands it', async () => {
      const path = join(sshd().folder, 'fresh', 'known_hosts');
      await open(path, { hostKeyChecking: 'accept-new' });
      expect(readFileSync(path, 'utf8')).to.equal(`${name()} ${publicKey('ed25519')}\n`);
      expect(execFileSync('ssh-keygen', ['-F', name(), '-f', path], { encoding: 'utf8' })).to.include('found');
      await open(path);
    });

    it('writes nothing down where checking is off', async () => {
      const path = join(sshd().folder, 'none', 'known_hosts');
      await open(path, { hostKeyChecking: 'off' });
      expect(existsSync(path)).to.equal(false);
    });

    it('sees a known_hosts file that changed since the last connection', async () => {
      const path = file('');
      await errorOf(open(path));
      copyFileSync(sshd().knownHosts, path);
      await open(path);
    });

    it('goes nowhere where a known_hosts file cannot be read', async () => {
      expect((await errorOf(open(sshd().folder))).code).to.equal('file-missing');
    });
  });
}

describe('transport: the judge of host keys', () => {
  const sshd = useSshd();

  it('gives ssh2 nothing but true and false: anything else would be consent', async () => {
    const target = sshd().target({ knownHostsFiles: [] });
    const guard = await guardHostKey(target);
    expect(guard.verify(Buffer.alloc(0))).to.equal(false);
    expect(guard.verify(undefined as unknown as Buffer)).to.equal(false);
    expect(guard.refusal()?.code).to.equal('internal');
  });

  it('spells fingerprints as ssh-keygen does', () => {
    const key = Buffer.from(readFileSync(join(sshd().folder, 'host_rsa.pub'), 'utf8').split(' ')[1]!, 'base64');
    expect(blobType(key)).to.equal('ssh-rsa');
    const said = execFileSync('ssh-keygen', ['-lf', join(sshd().folder, 'host_rsa.pub')], { encoding: 'utf8' });
    expect(said).to.include(` ${fingerprint(key)} `);
  });
});

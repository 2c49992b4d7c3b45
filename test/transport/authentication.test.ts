import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Secret } from '../../lib/secret.ts';
import type { Question } from '../../lib/transport/keyring.ts';
import type { Target } from '../../lib/transport/transport.ts';
import { errorOf, until, useSshd } from '../support/line.ts';
import { PASSWORD, password } from '../support/sshd.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { NETWORKED, type Networked, type WayOptions } from './ways.ts';

for (const way of Object.keys(NETWORKED) as Networked[]) {
  describe(`transport: logging in by ${way}`, () => {
    const sshd = useSshd(['Match User pat', '  MaxAuthTries 3', 'Match all']);

    const open = async (changes: Partial<Target>, options: WayOptions = {}): Promise<void> => {
      const connection = await NETWORKED[way](options).open(sshd().target(changes));
      await connection.close();
    };
    const key = (name: string, passphrase = ''): string => {
      const path = join(sshd().folder, name);
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-C', name, '-f', path]);
      return path;
    };

    it('logs in with a key', () => open({}));
    it('logs in with a password', () => open({ user: 'pat', privateKeyFiles: [], password }));

    it('says what it tried, and how to see more', async () => {
      const stranger = key('stranger');
      const error = await errorOf(open({ privateKeyFiles: [stranger] }));
      expect(error.code).to.equal('authentication');
      expect(error.message).to.include(`web1 refused root: tried key ${stranger}`).and.include('password');
      expect(error.next).to.include(`ssh -v -p ${sshd().port} root@127.0.0.1`);
    });

    it('says that a key file is missing', async () => {
      const error = await errorOf(open({ privateKeyFiles: ['/no/such/key'] }));
      expect(error.message).to.include('/no/such/key does not exist');
    });

    it('says that a key file holds no key', async () => {
      const path = join(sshd().folder, 'nonsense');
      writeFileSync(path, 'nonsense');
      expect((await errorOf(open({ privateKeyFiles: [path] }))).message).to.include(`${path} cannot be used`);
    });

    it('tries a refused login once: a second try would count towards a ban', async () => {
      const proxy = await TcpProxy.open({ to: sshd().port });
      const target = sshd().targetAt(proxy.port, { user: 'pat', privateKeyFiles: [], password: new Secret('wrong') });
      const error = await errorOf(NETWORKED[way]().open(target));
      expect(error.code).to.equal('authentication');
      expect(proxy.accepted).to.equal(1);
      expect(sshd().log.match(/Failed password for pat/g)).to.have.length(1);
      await proxy.close();
    });

    it('never shows the password', async () => {
      const error = await errorOf(open({ user: 'pat', privateKeyFiles: [], password: new Secret('hunter2-wrong') }));
      expect(JSON.stringify([error, error.message, error.next, error.stack])).to.not.include('hunter2');
    });

    describe('with a passphrase', () => {
      let locked = '';
      before(() => {
        locked = key('locked', 'sesame');
        execFileSync('sh', ['-c', `cat ${locked}.pub >> ${join(sshd().folder, 'authorized_keys')}`]);
      });

      it('says that an agent could help', async () => {
        const error = await errorOf(open({ privateKeyFiles: [locked] }));
        expect(error.code).to.equal('authentication');
        expect(error.message).to.include(`${locked} has a passphrase`);
        expect(error.next).to.include(`ssh-add ${locked}`);
      });

      it('asks once, however many hosts need the key', async () => {
        const asked: Question[] = [];
        const ask = (question: Question): Promise<Secret> => {
          asked.push(question);
          return Promise.resolve(new Secret('sesame'));
        };
        const transport = NETWORKED[way]({ ask });
        const target = sshd().target({ privateKeyFiles: [locked] });
        const connections = await Promise.all([1, 2, 3].map(() => transport.open(target)));
        await Promise.all(connections.map((connection) => connection.close()));
        expect(asked.map(({ text }) => text)).to.deep.equal([`Passphrase for key ${locked}: `]);
      });

      it('says that the passphrase is wrong', async () => {
        const ask = (): Promise<Secret> => Promise.resolve(new Secret('wrong'));
        const error = await errorOf(open({ privateKeyFiles: [locked] }, { ask }));
        expect(error.message).to.include(`the passphrase for ${locked} is wrong`);
      });
    });

    describe('with an agent', () => {
      let agent: ChildProcess | undefined;
      let socket = '';
      before(async () => {
        socket = join(sshd().folder, 'agent');
        agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
        const env = { ...process.env, SSH_AUTH_SOCK: socket };
        const add = (file: string): void => void execFileSync('ssh-add', ['-q', file], { env, stdio: 'ignore' });
        await until('the agent answers', () => {
          try {
            add(key('agent0'));
            return true;
          } catch {
            execFileSync('rm', ['-f', join(sshd().folder, 'agent0'), join(sshd().folder, 'agent0.pub')]);
            return false;
          }
        });
        for (let index = 1; index < 9; index++) add(key(`agent${index}`));
        add(sshd().key);
      });
      after(() => agent?.kill());

      it('uses the key that is named although the agent has nine others before it', async () => {
        await open({ agentSocket: socket });
      });

      it('uses a locked key that the agent holds, without asking for its passphrase', async () => {
        const path = key('both', 'sesame');
        execFileSync('sh', ['-c', `cat ${path}.pub >> ${join(sshd().folder, 'authorized_keys')}`]);
        const env = { ...process.env, SSH_AUTH_SOCK: socket, SSH_ASKPASS_REQUIRE: 'force', DISPLAY: ':0' };
        writeFileSync(`${path}.ask`, '#!/bin/sh\necho sesame\n', { mode: 0o700 });
        execFileSync('ssh-add', ['-q', path], { env: { ...env, SSH_ASKPASS: `${path}.ask` }, stdio: 'ignore' });
        await open({ privateKeyFiles: [path], agentSocket: socket, identitiesOnly: true });
      });

      it('leaves room for the password: an agent full of keys does not use up MaxAuthTries', async () => {
        // Three tries for pat: with the agent's keys first there would be none left.
        const error = await errorOf(open({ user: 'pat', privateKeyFiles: [], agentSocket: socket }));
        expect(error.code).to.equal('authentication');
        await open({ user: 'pat', privateKeyFiles: [], agentSocket: socket, password });
      });

      it('offers few of many keys, and says that there are more', async () => {
        const error = await errorOf(open({ privateKeyFiles: [], agentSocket: socket }));
        expect(error.code).to.equal('authentication');
        expect(error.message).to.match(/more agent keys were not offered/);
      });

      it('goes on without an agent that is gone', async () => {
        await open({ agentSocket: join(sshd().folder, 'no-agent') });
      });
    });
  });

  describe(`transport: keyboard-interactive by ${way}`, () => {
    // The first value of a keyword counts: the password method is off, PAM asks instead.
    const sshd = useSshd(['UsePAM yes', 'PasswordAuthentication no', 'KbdInteractiveAuthentication yes']);

    it('answers the hidden prompt with the password', async () => {
      const target = sshd().target({ user: 'pat', privateKeyFiles: [], password });
      await (await NETWORKED[way]().open(target)).close();
    });

    it('asks the person where there is no password', async () => {
      const asked: string[] = [];
      const ask = (question: Question): Promise<Secret> => {
        asked.push(question.text);
        return Promise.resolve(new Secret(PASSWORD));
      };
      const target = sshd().target({ user: 'pat', privateKeyFiles: [] });
      await (await NETWORKED[way]({ ask }).open(target)).close();
      expect(asked.join()).to.match(/password/i);
    });

    it('gives a wrong password once, and ends instead of hanging', async () => {
      const target = sshd().target({ user: 'pat', privateKeyFiles: [], password: new Secret('wrong') });
      const error = await errorOf(NETWORKED[way]().open(target));
      expect(error.code).to.equal('authentication');
    });
  });
}

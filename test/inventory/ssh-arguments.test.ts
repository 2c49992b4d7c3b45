import { expect } from 'chai';
import { parseSshArguments, type SshOptions } from '../../lib/inventory/ssh-arguments.ts';

const jump = (address: string, more: object = {}): object => ({
  address,
  port: undefined,
  user: undefined,
  privateKeyFile: undefined,
  ...more,
});

describe('inventory: ssh arguments', () => {
  const honoured: readonly [string, Partial<Record<keyof SshOptions, unknown>>][] = [
    ['', {}],
    ['-o StrictHostKeyChecking=accept-new', { hostKeyChecking: 'accept-new' }],
    [
      '-oStrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null',
      { hostKeyChecking: 'off', userKnownHostsFiles: ['/dev/null'] },
    ],
    ['-o "UserKnownHostsFile ~/a ~/b"', { userKnownHostsFiles: ['~/a', '~/b'] }],
    ['-o stricthostkeychecking=yes', { hostKeyChecking: 'strict' }],
    ['-J bastion', { jumps: [jump('bastion')] }],
    ['-J ops@b1:2222,b2', { jumps: [jump('b1', { user: 'ops', port: 2222 }), jump('b2')] }],
    ['-o ProxyJump=[fe80::1]:22', { jumps: [jump('fe80::1', { port: 22 })] }],
    ['-o ProxyJump=none', { jumps: [] }],
    ['-o ProxyCommand="ssh -W %h:%p -q ops@bastion"', { jumps: [jump('bastion', { user: 'ops' })] }],
    [
      "-o ProxyCommand='ssh -qW %h:%p -p 2222 -i ~/k bastion'",
      { jumps: [jump('bastion', { port: 2222, privateKeyFile: '~/k' })] },
    ],
    ['-o ProxyCommand="ssh bastion -W [%h]:%p -o StrictHostKeyChecking=yes"', { jumps: [jump('bastion')] }],
    ['-o ProxyCommand="ssh -J outer -W %h:%p inner"', { jumps: [jump('outer'), jump('inner')] }],
    ['-i a -i b -p 2200 -l ops', { privateKeyFiles: ['a', 'b'], port: 2200, user: 'ops' }],
    ['-p 1 -p 2', { port: 1 }],
    ['-C -o ControlMaster=auto -o ControlPersist=60s -vvv -o ServerAliveInterval=30', {}],
    ['-o ConnectTimeout=10 -F /etc/x', { connectTimeout: 10, configFile: '/etc/x' }],
  ];
  for (const [text, wanted] of honoured) {
    it(`honours ${text === '' ? 'nothing' : text}`, () => {
      const { options, refused } = parseSshArguments(text);
      expect(refused).to.deep.equal([]);
      const given = Object.entries(options).filter(
        ([key, value]) => value !== undefined && !(key === 'privateKeyFiles' && options.privateKeyFiles.length === 0),
      );
      expect(Object.fromEntries(given)).to.deep.equal(wanted);
    });
  }

  const refused: readonly [string, RegExp][] = [
    ['-o KexAlgorithms=+x', /option "KexAlgorithms" cannot be honoured/],
    ['-o ProxyJmp=b', /did you mean "ProxyJump"/],
    ['-o ProxyCommand="nc %h %p"', /only "ssh -W %h:%p HOST" is understood/],
    ['-o ProxyCommand="ssh -W %h:22 b"', /cannot be run/],
    ['-A', /"-A" cannot be honoured/],
    ['-o ForwardAgent=yes', /ForwardAgent/],
    ['-p ssh', /a port must be a number/],
    ['-p', /"-p" needs a value/],
    ['-J a@b@c', /no list of jump hosts/],
    ['-o Nothing', /is not Option=value/],
    ['bastion', /"bastion" is no option of ssh/],
    ['-o "x', /a quote is missing/],
    ['-o StrictHostKeyChecking=perhaps', /must be yes, accept-new or no/],
    ['-o ConnectTimeout=never', /number of seconds/],
    ['-o HostName=%h.example', /% token/],
  ];
  for (const [text, reason] of refused) {
    it(`refuses ${text}`, () => {
      expect(parseSshArguments(text).refused.join()).to.match(reason);
    });
  }

  it('goes on after what it cannot honour', () => {
    expect(parseSshArguments('-A -o Foo=1 -p 22')).to.deep.include({
      refused: parseSshArguments('-A -o Foo=1').refused,
    });
    expect(parseSshArguments('-A -o Foo=1 -p 22').options.port).to.equal(22);
  });
});

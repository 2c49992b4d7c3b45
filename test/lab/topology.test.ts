import { expect } from 'chai';
import { LabError } from '../../lab/errors.ts';
import { databaseOf, parseTopology, readTopology, redisOf, topologyNames } from '../../lab/topology.ts';

function problemOf(text: string): string {
  try {
    parseTopology('t', text, 't.yml');
  } catch (error) {
    if (error instanceof LabError) return error.message;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('a topology', () => {
  for (const name of topologyNames()) {
    it(`${name} of this project is whole`, () => {
      expect(readTopology(name).hosts).to.not.be.empty;
    });
  }

  it('names the known ones where it does not exist', () => {
    expect(() => readTopology('nowhere')).to.throw(LabError, /there is no topology `nowhere`; there are: .*demo/);
  });

  it('fills in what a host does not say, from the defaults first', () => {
    const { hosts } = parseTopology(
      't',
      'defaults: { processes: 1 }\nhosts:\n  db1: { roles: [postgresql] }\n',
      't.yml',
    );
    expect(hosts[0]).to.include({ name: 'db1', processes: 1, sudo: 'nopassword', image: 'full', deployment: 'demo' });
    expect(hosts[0]?.clusters.map(({ name, port }) => `${name}:${port}`)).to.deep.equal(['main:5432']);
  });

  it('is refused for an unknown word, with the place', () => {
    expect(problemOf('hosts:\n  db1: { role: [postgresql] }\n')).to.match(/^t\.yml: hosts\.db1.*role/);
  });

  it('is refused for a name that no host can have', () => {
    expect(problemOf('hosts:\n  DB_1: {}\n')).to.match(/^t\.yml: hosts\.DB_1: .*host name/);
  });

  it('is refused where a bare host shall have what it lacks', () => {
    expect(problemOf('hosts:\n  db1: { image: bare }\n')).to.contain('has no sudo');
    expect(problemOf('hosts:\n  app1: { image: bare, sudo: none, roles: [nautobot, postgresql] }\n')).to.contain(
      'has no Nautobot',
    );
  });

  it('is refused where a Nautobot host has no database, or one that is not there', () => {
    expect(problemOf('hosts:\n  app1: { roles: [nautobot] }\n')).to.contain('no database host');
    expect(problemOf('hosts:\n  app1: { roles: [nautobot], database: db9 }\n')).to.contain('there is no host db9');
  });

  it('is refused for text that is no YAML', () => {
    expect(problemOf('hosts: [')).to.match(/^t\.yml: /);
  });

  it('leads each Nautobot host to its own database and its deployment to one Redis', () => {
    const { hosts } = readTopology('clusters');
    const [app1, app2] = hosts;
    expect(databaseOf(app1!, hosts)).to.deep.equal({ host: 'db1', port: 5432 });
    expect(databaseOf(app2!, hosts)).to.deep.equal({ host: 'db1', port: 5433 });
    expect(redisOf(app2!, hosts)).to.equal('app2');
  });
});

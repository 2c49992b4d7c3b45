import { expect } from 'chai';
import { rolesNamedIn } from '../../lab/dump.ts';

describe('the roles that a dump names', () => {
  it('are the owners of its objects and whom rights are given to or taken from', () => {
    const sql = [
      'ALTER TABLE public.dcim_device OWNER TO nautobot;',
      'ALTER TABLE public.dcim_cable OWNER TO nautobot;',
      'GRANT SELECT ON TABLE public.dcim_device TO readonly;',
      'REVOKE ALL ON SCHEMA public FROM former;',
      'ALTER DEFAULT PRIVILEGES FOR ROLE batch IN SCHEMA public GRANT SELECT ON TABLES TO readonly;',
    ].join('\n');
    expect(rolesNamedIn(sql)).to.deep.equal(['batch', 'former', 'nautobot', 'readonly']);
  });

  it('may be quoted', () => {
    expect(rolesNamedIn('ALTER TABLE public.t OWNER TO "Net ""Ops""";')).to.deep.equal(['Net "Ops"']);
  });

  it('are neither everybody nor the superuser that every cluster has', () => {
    expect(rolesNamedIn('GRANT USAGE ON SCHEMA public TO PUBLIC;\nALTER SCHEMA x OWNER TO postgres;\n')).to.deep.equal(
      [],
    );
  });

  it('are not read out of the data', () => {
    expect(rolesNamedIn('COPY public.t (a) FROM stdin;\n1\tALTER TABLE x OWNER TO ghost;\n\\.\n')).to.deep.equal([]);
  });
});

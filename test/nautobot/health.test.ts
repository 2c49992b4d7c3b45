import { expect } from 'chai';
import { findHealth, healthFromUrl } from '../../lib/nautobot/survey/health.ts';
import type { Section } from '../../lib/shell/sections.ts';

const nginx = (text: string, key = '/etc/nginx/sites-enabled/nautobot.conf'): Section => ({
  name: 'nginx',
  key,
  code: 0,
  text,
});
const uwsgi = (text: string): Section => ({ name: 'uwsgi', key: 'nautobot.service', code: 0, text });
const find = (sections: readonly Section[], hosts: readonly string[] = ['*']) =>
  findHealth(sections, '/health/', hosts)?.address;

/** As Nautobot's documentation writes it. */
const DOCUMENTED = `
server {
    listen 443 ssl http2 default_server;
    listen [::]:443 ssl http2 default_server;
    server_name _;
    ssl_certificate /etc/ssl/certs/nautobot.crt;
    client_max_body_size 25m;
    location /static/ { alias /opt/nautobot/static/; }
    location / {
        include uwsgi_params;
        uwsgi_pass  127.0.0.1:8001;
        uwsgi_param Host $host;
    }
}
server {
    # Redirect HTTP traffic to HTTPS
    listen 80 default_server;
    server_name _;
    return 301 https://$host$request_uri;
}`;

describe('health address', () => {
  it("is the documented nginx's TLS port, not the one that redirects", () => {
    expect(find([nginx(DOCUMENTED), uwsgi('socket = 127.0.0.1:8001\n')])).to.deep.equal({
      address: '127.0.0.1',
      port: 443,
      path: '/health/',
      hostHeader: 'localhost',
      tls: true,
    });
  });

  it('is asked for by a name that both nginx and Django take', () => {
    const named = DOCUMENTED.replace('server_name _;', 'server_name www.example.org nautobot.example.org;');
    const ini = uwsgi('socket = 127.0.0.1:8001\n');
    expect(find([nginx(named), ini], ['nautobot.example.org'])?.hostHeader).to.equal('nautobot.example.org');
    expect(find([nginx(named), ini], ['.example.org'])?.hostHeader).to.equal('www.example.org');
    expect(find([nginx(named), ini], ['10.0.0.1'])?.hostHeader).to.equal('10.0.0.1');
    expect(find([nginx(DOCUMENTED), ini], ['nautobot.example.org', '10.0.0.1'])?.hostHeader).to.equal(
      'nautobot.example.org',
    );
  });

  it('is of the server block that hands on to the uwsgi of Nautobot, not of another application', () => {
    const other = 'server { listen 8443 ssl; location / { proxy_pass http://127.0.0.1:3000; } }';
    expect(find([nginx(other + DOCUMENTED), uwsgi('socket = 127.0.0.1:8001')])?.port).to.equal(443);
    expect(find([nginx(other), uwsgi('socket = 127.0.0.1:8001')])).to.equal(undefined);
  });

  it('follows upstreams, proxies and unix sockets', () => {
    const upstream =
      'upstream app { server 127.0.0.1:8080; }\nserver { listen 10.0.0.1:80; location / { proxy_pass http://app/; } }';
    expect(find([nginx(upstream), uwsgi('http = 0.0.0.0:8080')])).to.deep.include({
      address: '10.0.0.1',
      port: 80,
      tls: false,
    });
    const socket = 'server { listen 8000; location / { uwsgi_pass unix:/run/nautobot.sock; } }';
    expect(find([nginx(socket), uwsgi('socket = /run/nautobot.sock')])?.port).to.equal(8000);
  });

  it('is in a file with everything in one http block', () => {
    expect(
      find([nginx(`events {}\nhttp { ${DOCUMENTED} }`, '/etc/nginx/nginx.conf'), uwsgi('socket = 127.0.0.1:8001')])
        ?.port,
    ).to.equal(443);
  });

  for (const [line, address, port, tls] of [
    ['http = 0.0.0.0:8080', '127.0.0.1', 8080, false],
    ['http = :8080', '127.0.0.1', 8080, false],
    ['http-socket = 10.1.2.3:8000 ; ours', '10.1.2.3', 8000, false],
    ['https = [::]:8443,/etc/a.crt,/etc/a.key', '::1', 8443, true],
  ] as const)
    it(`is uwsgi's own where it speaks HTTP: ${line}`, () => {
      expect(find([uwsgi(`processes = 3\n${line}\n`)])).to.deep.include({ address, port, tls });
    });

  it('is unknown where uwsgi speaks its own protocol and no nginx is in front of it', () => {
    expect(find([uwsgi('socket = 127.0.0.1:8001')])).to.equal(undefined);
    expect(find([])).to.equal(undefined);
  });

  it('is what the operator says', () => {
    expect(healthFromUrl('https://nautobot.example.org/health/')).to.deep.equal({
      address: 'nautobot.example.org',
      port: 443,
      path: '/health/',
      hostHeader: 'nautobot.example.org',
      tls: true,
    });
    expect(healthFromUrl('http://[::1]:8080/x/health/?format=json')).to.deep.include({
      address: '::1',
      port: 8080,
      path: '/x/health/?format=json',
      hostHeader: '[::1]:8080',
    });
  });

  it('does not stumble over lines that were left out', () => {
    expect(() =>
      find([nginx('server { location / { uwsgi_pass 127.0.0.1:8001; }\n}}} "open'), uwsgi('x')]),
    ).to.not.throw();
  });
});

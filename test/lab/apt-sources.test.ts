import { expect } from 'chai';
import { debianMirror, parseDeb822, parseOneLine } from '../../lab/apt-sources.ts';

describe('the Debian mirror of this machine', () => {
  const third = 'deb [arch=amd64 signed-by=/k.gpg] https://packages.example.com/apt tool-bookworm main\n';

  it('is read from one-line sources, options and comments aside', () => {
    const text = `# deb http://no.example.com/debian bookworm main\n${third}deb [trusted=yes] http://mirror.example.com/debian/ bookworm main contrib # ours\n`;
    expect(debianMirror(parseOneLine(text), 'bookworm')).to.equal('http://mirror.example.com/debian');
  });

  it('is read from deb822 sources with several paragraphs and comments inside', () => {
    const text = `Types: deb\n# where from\nURIs: http://mirror.example.com/debian-security\nSuites: bookworm-security\nComponents: main\n\nTypes: deb deb-src\nURIs:\n http://mirror.example.com/debian\nSuites: bookworm bookworm-updates\nComponents: main\n`;
    expect(debianMirror(parseDeb822(text), 'bookworm')).to.equal('http://mirror.example.com/debian');
  });

  it('is not one that is switched off, nor one for sources only', () => {
    const off = 'Enabled: no\nTypes: deb\nURIs: http://off.example.com/debian\nSuites: bookworm\nComponents: main\n';
    const source = 'Types: deb-src\nURIs: http://src.example.com/debian\nSuites: bookworm\nComponents: main\n';
    expect(parseDeb822(`${off}\n${source}`)).to.deep.equal([]);
  });

  it('is never the security archive, although it names the release', () => {
    const text = 'deb http://security.example.com/debian-security bookworm main\n';
    expect(debianMirror(parseOneLine(text), 'bookworm')).to.equal('http://deb.debian.org/debian');
  });

  it('is the public one where nothing else is known', () => {
    expect(debianMirror(parseOneLine(third), 'bookworm')).to.equal('http://deb.debian.org/debian');
    expect(debianMirror([], '')).to.equal('http://deb.debian.org/debian');
  });
});

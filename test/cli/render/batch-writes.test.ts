import { Writable } from 'node:stream';
import { expect } from 'chai';
import { batchWrites } from '../../../cli/render/batch-writes.ts';

describe('writes of one turn', () => {
  const batches: string[] = [];
  const stream = () =>
    new Writable({
      decodeStrings: false,
      write: (chunk, _encoding, done) => {
        batches.push(String(chunk));
        done();
      },
      writev: (chunks, done) => {
        batches.push(chunks.map(({ chunk }) => String(chunk)).join(''));
        done();
      },
    });
  beforeEach(() => batches.splice(0));

  it('go out together at its end, and those of the next by themselves', async () => {
    const out = stream();
    const { hold } = batchWrites(out);
    for (const line of ['a\n', 'b\n']) {
      hold();
      out.write(line);
    }
    expect(batches).to.deep.equal([]);
    await new Promise(setImmediate);
    expect(batches).to.deep.equal(['a\nb\n']);
    hold();
    out.write('c\n');
    await new Promise(setImmediate);
    expect(batches).to.deep.equal(['a\nb\n', 'c\n']);
  });

  it('go out at once when they are released, and are not held twice', async () => {
    const out = stream();
    const { hold, release } = batchWrites(out);
    hold();
    out.write('a\n');
    release();
    expect(batches).to.deep.equal(['a\n']);
    await new Promise(setImmediate);
    out.write('b\n');
    expect(batches).to.deep.equal(['a\n', 'b\n']);
  });
});

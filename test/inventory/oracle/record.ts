import { writeFileSync } from 'node:fs';
import { record } from './ask-ansible.ts';
import { randomCase } from './random-cases.ts';

// node dist/test/inventory/oracle/record.js PYTHON FILE COUNT: asks ansible-core and keeps its answers as data.
const [python = 'python3', file = 'test/data/inventory/random-answers.json', count = '250'] = process.argv.slice(2);
const cases = Array.from({ length: Number(count) }, (_, index) => randomCase(1_000_001 + index));
const { ansible, cases: answered } = record(python, cases);
const lines = answered.map((each) => JSON.stringify(each));
writeFileSync(file, `{"ansible":${JSON.stringify(ansible)},"cases":[\n${lines.join(',\n')}\n]}\n`);

import { cluster, contents, server, type Scene } from '../fixtures.ts';

export const found = (count: number, ...rows: string[]) => ({ count, rows });
export const session = (more: object) => ({
  pid: 4711,
  role: 'nautobot',
  database: 'nautobot',
  address: null,
  application: '',
  ...more,
});
export const process = (command: string, unit = 'x.service') => ({
  pid: 99,
  unit,
  user: 'postgres',
  directory: '/',
  command: command.split(' '),
});
export const library = (name: string, owner: string | undefined, inTarget = false) => ({
  library: `$libdir/${name}`,
  file: `/usr/lib/postgresql/15/lib/${name}.so`,
  there: true,
  package: owner,
  inTarget,
});

/** The library of an extension of Nautobot's database. */
export function extension(of: Scene, name: string, owner: string | undefined, inTarget = false): void {
  cluster(of).libraries = [library(name, owner, inTarget)];
  contents(of).libraries = [{ library: `$libdir/${name}`, extension: name, functions: 3, example: 'public.f' }];
}

export const db = (of: Scene, name: string) => {
  const database = server(of).databases.find((each) => each.name === name);
  if (!database) throw new Error(name);
  return database;
};

export const simulated = (of: Scene) => {
  const { packages } = of.db1;
  if (packages?.simulation.kind !== 'simulation') throw new Error('not simulated');
  return { packages, actions: packages.simulation.actions };
};

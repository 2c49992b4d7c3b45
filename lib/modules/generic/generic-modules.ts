import type { Module } from '../module.ts';
import { apt } from './apt.ts';
import { assert } from './assert.ts';
import { command, shell } from './command.ts';
import { copy } from './copy.ts';
import { debug } from './debug.ts';
import { fetch } from './fetch.ts';
import { file } from './file.ts';
import { packageModule } from './package.ts';
import { setFact } from './set-fact.ts';
import { stat } from './stat.ts';
import { systemdService } from './systemd-service.ts';
import { uri } from './uri.ts';
import { waitFor } from './wait-for.ts';

/** The same word, with the older name that Ansible still knows it by. */
const systemd = { ...systemdService, name: 'systemd' };

/** Modules with the word and the meaning of Ansible's. */
export const genericModules = [
  command,
  shell,
  copy,
  fetch,
  file,
  stat,
  systemdService,
  systemd,
  packageModule,
  apt,
  waitFor,
  uri,
  assert,
  debug,
  setFact,
] as unknown as readonly Module[];

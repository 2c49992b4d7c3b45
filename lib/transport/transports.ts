import { passphrasesOnce } from './ask-once.ts';
import { Handshakes } from './handshakes.ts';
import type { Ask } from './keyring.ts';
import { localTransport } from './local-transport.ts';
import type { Surroundings } from './openssh-master.ts';
import { openSshTransport } from './openssh-transport.ts';
import { ssh2Transport } from './ssh2-transport.ts';
import type { Target, Transport } from './transport.ts';

export interface TransportsOptions {
  readonly surroundings: Surroundings;
  readonly home: string;
  /** Asks the person at the terminal. */
  readonly ask?: Ask | undefined;
}

/** All transports as one: each target names its own, and they share what is limited. */
export function transports({ surroundings, home, ...options }: TransportsOptions): Transport {
  const ask = passphrasesOnce(options.ask);
  const handshakes = new Handshakes();
  const openssh = openSshTransport({ surroundings, ask, handshakes });
  const local = localTransport({ environment: surroundings.environment, home });
  const ssh2 = ssh2Transport({ ask, handshakes, openJump: (jump) => of(jump).open(jump) });
  const of = ({ transport }: Target): Transport => {
    switch (transport) {
      case 'ssh2':
        return ssh2;
      case 'openssh':
        return openssh;
      case 'local':
        return local;
    }
  };
  return { open: (target, signal) => of(target).open(target, signal) };
}

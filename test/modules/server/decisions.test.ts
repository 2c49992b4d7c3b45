import { expect } from 'chai';
import { decide, STATES, told } from './fixtures.ts';

/**
 * What each module decides in each state of one upgrade, on what real hosts answered. `steps` before its work is done
 * and `nothing` after it is what makes a run resumable; `steps` everywhere in `fresh` is what `--check` prints.
 */
const TABLE = `
                              fresh   prepared quiet   stopped backed-up upgraded closed  migrated open    serving end
install_packages              steps   nothing  nothing nothing nothing   nothing  nothing nothing  nothing nothing -
create_cluster                steps   nothing  nothing nothing nothing   nothing  nothing nothing  nothing nothing foreign-cluster
check_upgrade                 steps   steps    steps   -       -         -        new-cluster-running - -  -       -
hold                          steps   nothing  nothing nothing nothing   nothing  nothing nothing  nothing nothing -
hold@app1                     steps   nothing  nothing nothing nothing   nothing  nothing nothing  nothing -       -
nautobot_service@app1(scheduler,stopped) steps steps nothing nothing nothing nothing nothing nothing nothing -     -
nautobot_service@app1(worker,stopped)    steps steps nothing nothing nothing nothing nothing nothing nothing -     -
nautobot_service@app1(web,stopped)       steps steps nothing nothing nothing nothing -       -       -       -     -
load_migration@app1           steps   steps    nothing nothing nothing   nothing  nothing nothing  steps   -       -
take_fingerprint              steps   steps    steps   nothing nothing   nothing  nothing nothing  nothing nothing -
postgresql_service(old,stopped) steps steps    steps   nothing nothing   nothing  nothing nothing  nothing nothing steps
settle_fingerprint            nothing nothing  nothing nothing nothing   nothing  nothing nothing  nothing nothing -
cold_backup                   steps   steps    steps   steps   nothing   nothing  nothing nothing  nothing nothing nothing
new_version_ready             nothing old-cluster-running old-cluster-running nothing nothing nothing - - - - -
pg_upgrade                    steps   steps    steps   steps   steps     nothing  nothing nothing  nothing nothing -
warm_web@app1                 steps   -        steps   steps   steps     steps    nothing nothing  nothing -       -
start_closed                  steps   steps    steps   steps   steps     steps    nothing nothing  new-cluster-running new-cluster-running new-cluster-running
migrate@app1                  -       -        -       -       -         -        steps   nothing  -       -       -
open_doors                    steps   steps    steps   steps   steps     steps    steps   steps    nothing nothing -
nautobot_service@app1(web,restored)       -    steps   steps   steps     steps    steps   steps    steps   -  nothing nothing
nautobot_service@app1(worker,restored)    -    steps   steps   steps     steps    steps   steps    steps   steps nothing nothing
nautobot_service@app1(scheduler,restored) -    steps   steps   steps     steps    steps   steps    steps   steps nothing nothing
keep_old_cluster              steps   steps    steps   steps   steps     steps    steps   steps    steps   steps   nothing
postgresql_service(old,started) nothing steps  steps   steps   steps     steps    steps   steps    -       -       -
postgresql_service(new,stopped) nothing nothing nothing nothing nothing  nothing  steps   steps    -       -       -
lift_hold                     nothing steps    steps   steps   steps     steps    steps   steps    steps   steps   nothing
lift_hold@app1                nothing steps    steps   steps   steps     steps    steps   steps    steps   steps   nothing
restore_packages              nothing steps    steps   steps   steps     steps    steps   steps    steps   steps   nothing
end_migration@app1            nothing nothing  steps   steps   steps     steps    steps   steps    nothing nothing nothing
remove_partial_backup         nothing nothing  nothing nothing nothing   nothing  nothing nothing  nothing nothing nothing
drop_cluster                  steps   steps    steps   steps   steps     steps    steps   steps    -       -       foreign-cluster
`;

const NAMES: Readonly<Record<string, readonly string[]>> = {
  nautobot_service: ['role', 'state'],
  postgresql_service: ['cluster', 'state'],
};

describe('decisions of the server flow', () => {
  for (const row of TABLE.trim().split('\n').slice(1)) {
    const [head = '', ...cells] = row.trim().split(/\s+/);
    const [, module = '', host = 'db1', values = ''] = /^(\w+)(?:@(\w+))?(?:\((.*)\))?$/.exec(head) ?? [];
    const given = Object.fromEntries(values.split(',').map((value, index) => [NAMES[module]?.[index] ?? '', value]));
    describe(head, () => {
      for (const [index, state] of STATES.entries()) {
        const cell = cells[index] ?? '-';
        if (cell === '-') continue;
        it(`${state}: ${cell}`, () => {
          const decision = decide({ module, host, state, arguments: values === '' ? {} : given });
          expect(told(decision)).to.equal(cell);
          // a user of a generic playbook who is not root must see that the host is held
          expect(JSON.stringify(decision)).to.not.match(/-m 0?700 \/var\/lib\/pgup(?![/\w])/);
        });
      }
    });
  }
});

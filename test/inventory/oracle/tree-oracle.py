"""What ansible-core itself makes of trees of inventories, variable files and -e, for the differential test beside this file.

usage: tree-oracle.py < cases.json > answers.json       (a Python in which ansible-core 2.19 can be imported)

A case is {"files": {path: text}, "sources": [path], "extraVars": [argument]}. An answer is {"error": text}, or groups and
variables, as ansible-oracle.py has them.
"""
import json
import os
import shutil
import sys
import tempfile

FOLDER = tempfile.mkdtemp()
with open(os.path.join(FOLDER, 'ansible.cfg'), 'w', encoding='utf-8') as config:
    config.write('[defaults]\n[inventory]\nany_unparsed_is_failed=true\n')
os.environ.update(
    ANSIBLE_CONFIG=os.path.join(FOLDER, 'ansible.cfg'),
    ANSIBLE_INVENTORY_ENABLED='host_list,yaml,ini',
    ANSIBLE_LOCALHOST_WARNING='0',
    ANSIBLE_DEPRECATION_WARNINGS='0',
)

import ansible.release
from ansible import constants as C
from ansible import context
from ansible.inventory.manager import InventoryManager
from ansible.module_utils.common.collections import ImmutableDict
from ansible.parsing.dataloader import DataLoader
from ansible.utils.display import Display
from ansible.utils import vars as utils_vars
from ansible.vars.manager import VariableManager

Display.warning = lambda *_, **__: None
Display.deprecated = lambda *_, **__: None
Display.error = lambda *_, **__: None

MAGIC = {
    'ansible_playbook_python', 'groups', 'group_names', 'inventory_hostname', 'inventory_hostname_short', 'inventory_file',
    'inventory_dir', 'omit', 'playbook_dir', 'ansible_config_file', 'ansible_version', 'ansible_check_mode', 'ansible_facts',
    'ansible_diff_mode', 'ansible_forks', 'ansible_inventory_sources', 'ansible_verbosity', 'ansible_run_tags', 'ansible_skip_tags',
}


def written(value):
    if value is None or isinstance(value, bool):
        return ['constant', str(value)]
    if isinstance(value, int):
        return ['int', str(int(value))]
    if isinstance(value, float):
        return ['float', repr(float(value))]
    if isinstance(value, str):
        return ['str', str(value)]
    if isinstance(value, dict):
        entries = [[next(iter(json.loads(json.dumps({k: 0})))), written(v)] for k, v in value.items()]
        return ['dict', sorted(entries, key=lambda entry: entry[0].encode('utf-16-be', 'surrogatepass'))]
    if isinstance(value, (list, tuple, set)):
        return ['list', [written(each) for each in value]]
    return ['str', str(value)]


def key(name):
    return name if isinstance(name, str) else next(iter(json.loads(json.dumps({name: 0}))))


def answer(case, number):
    folder = os.path.join(FOLDER, str(number))
    for path, text in case['files'].items():
        whole = os.path.join(folder, path)
        os.makedirs(os.path.dirname(whole), exist_ok=True)
        with open(whole, 'w', encoding='utf-8', newline='') as file:
            file.write(text)
    os.chdir(folder)
    utils_vars.load_extra_vars.extra_vars = None
    context.CLIARGS = ImmutableDict(extra_vars=tuple(case['extraVars']))
    try:
        loader = DataLoader()
        manager = InventoryManager(loader=loader, sources=case['sources'])
        variables = VariableManager(loader=loader, inventory=manager)
        found = {
            name: {key(k): written(v) for k, v in variables.get_vars(host=host, include_hostvars=False).items() if k not in MAGIC}
            for name, host in manager.hosts.items()
        }
        extra = {key(k): written(v) for k, v in variables.extra_vars.items()}
        return {
            'groups': [
                [name, [host.name for host in group.get_hosts()], [child.name for child in group.child_groups]]
                for name, group in manager.groups.items()
            ],
            'variables': list(found.items()),
            'extra': extra,
        }
    except BaseException as error:
        cause = error.__cause__ or error
        return {'error': f'{type(error).__name__}: {error} / {type(cause).__name__}: {cause}'[:400]}
    finally:
        os.chdir('/')
        shutil.rmtree(folder, ignore_errors=True)


def apart(case, number):
    """Each case in a process of its own: ansible-core keeps what it has read of variable files in module globals."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        with os.fdopen(writer, 'w') as out:
            json.dump(answer(case, number), out)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as given:
        text = given.read()
    os.waitpid(child, 0)
    return json.loads(text)


cases = json.load(sys.stdin)
json.dump({'ansible': ansible.release.__version__, 'answers': [apart(case, number) for number, case in enumerate(cases)]}, sys.stdout)

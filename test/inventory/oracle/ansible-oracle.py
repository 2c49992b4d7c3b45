"""What ansible-core itself makes of inventories and host patterns, for the differential test beside this file.

usage: ansible-oracle.py < cases.json > answers.json       (a Python in which ansible-core 2.19 can be imported)

A case is {"ini": text, "patterns": [pattern | [pattern, limit]]}. An answer is {"error": text}, or groups, children,
variables and patterns; every value is written as [type, text | items], so that no number is rounded on the way.
"""
import json
import os
import sys
import tempfile

FOLDER = tempfile.mkdtemp()
with open(os.path.join(FOLDER, 'ansible.cfg'), 'w', encoding='utf-8') as config:
    config.write('[defaults]\n')
os.environ.update(
    ANSIBLE_CONFIG=os.path.join(FOLDER, 'ansible.cfg'),
    ANSIBLE_INVENTORY_ENABLED='ini',
    ANSIBLE_LOCALHOST_WARNING='0',
    ANSIBLE_DEPRECATION_WARNINGS='0',
)

import ansible.release
from ansible.inventory.helpers import get_group_vars
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import inventory_loader
from ansible.utils.display import Display

NOT_ASKED = {'inventory_file', 'inventory_dir'}

Display.warning = lambda *_, **__: None
Display.deprecated = lambda *_, **__: None


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
    return ['list', [written(each) for each in value]]


def selected(manager, pattern):
    try:
        manager.clear_caches()
        # The name that localhost was first asked for under is kept: here each pattern is asked as if it were the first.
        if manager._inventory.localhost and manager._inventory.localhost.implicit:
            manager._inventory.localhost = None
        manager.subset(pattern[1] if isinstance(pattern, list) else None)
        return [host.name for host in manager.get_hosts(pattern[0] if isinstance(pattern, list) else pattern)]
    except Exception as error:
        return {'error': str(error)[:200]}


def answer(case):
    path = os.path.join(FOLDER, 'hosts.ini')
    with open(path, 'w', encoding='utf-8', newline='') as file:
        file.write(case['ini'])
    loader = DataLoader()
    manager = InventoryManager(loader=loader, sources=[])
    try:
        inventory_loader.get('ini').parse(manager._inventory, loader, path, cache=False)
        manager._inventory.reconcile_inventory()
        variables = {
            name: {k: written(v) for k, v in {**get_group_vars(host.get_groups()), **host.vars}.items() if k not in NOT_ASKED}
            for name, host in manager.hosts.items()
        }
    except Exception as error:
        cause = error.__cause__ or error
        return {'error': f'{type(cause).__name__}: {cause}'[:300]}
    return {
        'groups': [
            [name, [host.name for host in group.get_hosts()], [child.name for child in group.child_groups]]
            for name, group in manager.groups.items()
        ],
        'variables': list(variables.items()),
        'patterns': [selected(manager, pattern) for pattern in case['patterns']],
    }


cases = json.load(sys.stdin)
json.dump({'ansible': ansible.release.__version__, 'answers': [answer(case) for case in cases]}, sys.stdout)

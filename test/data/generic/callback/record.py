"""Writes what every task came to on every host, a JSON object a line."""
import json
import os

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = 'stdout'
    CALLBACK_NAME = 'record'

    def __init__(self):
        super().__init__()
        self.out = open(os.environ['RECORD'], 'a', encoding='utf-8')

    def write(self, **entry):
        self.out.write(json.dumps(entry, default=repr) + '\n')
        self.out.flush()

    def result(self, status, result):
        values = dict(result.result)
        if status == 'skipped':
            values['skipped'] = True
        self.write(host=result.host.get_name(), name=result.task.name, module=result.task.action, status=status, values=values)

    def v2_runner_on_ok(self, result):
        self.result('changed' if result.is_changed() else 'ok', result)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self.result('ignored' if ignore_errors else 'failed', result)

    def v2_runner_on_skipped(self, result):
        self.result('skipped', result)

    def v2_runner_on_unreachable(self, result):
        self.result('unreachable', result)

    def v2_playbook_on_stats(self, stats):
        for host in sorted(stats.processed):
            self.write(stats=host, **{k: v for k, v in stats.summarize(host).items()})

"""Answers of ansible-core 2.19 to the expressions in cases.txt. See README.md."""

import json
import pathlib
import sys
import warnings

warnings.simplefilter("ignore")

from ansible._internal._templating._engine import TemplateEngine  # noqa: E402,F401
from ansible.errors import AnsibleUndefinedVariable  # noqa: E402
from ansible.parsing.dataloader import DataLoader  # noqa: E402
from ansible.release import __version__  # noqa: E402
from ansible.template import Templar, trust_as_template  # noqa: E402
from ansible.utils.display import Display  # noqa: E402

HERE = pathlib.Path(__file__).parent


def trusted(value):
    if isinstance(value, str):
        return trust_as_template(value)
    if isinstance(value, dict):
        return {key: trusted(each) for key, each in value.items()}
    if isinstance(value, list):
        return [trusted(each) for each in value]
    return value


def tagged(value):
    """JSON that keeps Python's kinds of number apart."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        return {"int": str(int(value))}
    if isinstance(value, float):
        return {"float": repr(float(value))}
    if isinstance(value, (list, tuple)):
        return {"list": [tagged(each) for each in value]}
    if isinstance(value, dict):
        return {"map": [[str(key), tagged(each)] for key, each in value.items()]}
    raise TypeError(type(value).__name__)


def answer(templar, text):
    try:
        if text.startswith("?"):
            value = templar._engine.evaluate_conditional(trust_as_template(text[1:]))
        else:
            value = templar.template(trust_as_template(text))
        return {"value": tagged(value)}
    except AnsibleUndefinedVariable:
        return {"error": "undefined"}
    except Exception:  # every other way of failing
        return {"error": "other"}


def main():
    Display().display = lambda *args, **kwargs: None
    loader = DataLoader()
    variables = trusted(loader.load_from_file(str(HERE / "variables.yml")))
    templar = Templar(loader, variables)
    lines = (HERE / "cases.txt").read_text(encoding="utf-8").split("\n")
    cases = [line for line in lines if line.strip() and not line.startswith("# ")]
    answers = {case: answer(templar, case.replace("⏎", "\n")) for case in cases}
    result = {"ansible-core": __version__, "answers": answers}
    text = json.dumps(result, ensure_ascii=False, indent=0)
    (HERE / "answers.json").write_text(text + "\n", encoding="utf-8")
    print(f"{len(answers)} answers of ansible-core {__version__}", file=sys.stderr)


main()

"""Refuse, before anything is written, what gocontainer itself would refuse."""

import json
import os
import sys

context = json.loads(r"""<< cookiecutter | jsonify >>""")
sys.path.insert(0, os.path.join(context["_repo_dir"], "..", "generator"))

from gocontainer.answers.model import Answers, Layer, default_of  # noqa: E402
from gocontainer.errors import UsageError  # noqa: E402
from gocontainer.options.table import OPTIONS  # noqa: E402
from gocontainer.options.types import holds  # noqa: E402

# Cookiecutter answers every question. A default without a meaning with the other answers is none, nor is one in whose
# place the target has another.
given = {
    option.name: context[option.name]
    for option in OPTIONS
    if (holds(option.when, context) or str(context[option.name]) != str(default_of(option, context)))
    and (context[option.name] != option.default or context["target"] not in option.by_target)
}
try:
    Answers.merge(Layer("cookiecutter", given))
except UsageError as error:
    sys.exit(f"Error: {error}")

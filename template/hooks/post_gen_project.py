"""Remove the files that the answers do not call for, by the same table as gocontainer itself."""

import json
import os
import sys
from pathlib import Path

context = json.loads(r"""<< cookiecutter | jsonify >>""")
sys.path.insert(0, os.path.join(context["_repo_dir"], "..", "generator"))

from gocontainer.rendering import layout  # noqa: E402

for path in sorted(Path().rglob("*"), reverse=True):
    if path.is_dir():
        if not any(path.iterdir()):
            path.rmdir()
    elif not layout.included(path.as_posix(), context):
        path.unlink()
    else:
        path.chmod(0o755 if path.as_posix() in layout.EXECUTABLE else 0o644)

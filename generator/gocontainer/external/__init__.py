"""External templates: any cookiecutter template from a folder or a git repository, rendered in another process.

    SRC@REV --(template_source)--> Snapshot --(runner --> worker, another process)--> tree, answers --> new or update

``template_source`` fetches, ``releases`` picks the newest of its tags, ``runner`` starts ``worker`` in a process of its
own, ``template`` is what ``new`` and ``update`` call, ``cruft`` reads what cruft remembers. ``fork`` runs
the wizard and the form that a fork of ours brings. Builds on ``update``; ``cli`` and ``form`` import it.

``template_source`` reads files from git's objects or from the folder and checks nothing out, so that no link, filter,
hook or submodule takes part. ``runner`` writes them to a private folder and runs ``worker`` on it as a script, which is
the only code that imports cookiecutter and imports nothing of ours: a fork of our template brings a ``gocontainer`` of
its own, and its extension would get ours in our process. Hooks may print there without harm to ``--json``, too.

The script puts its own environments in the place of cookiecutter's ``create_env_with_context`` and refuses a
cookiecutter that has no such place. They hold what a template may do: Jinja's sandbox without trust, names that stay in
the output folder always, and answers that are never rendered.
"""

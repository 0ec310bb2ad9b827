"""``gocontainer sites``: what `make sites` and `make wave` of a repository on the edge run.

It works on a repository and not on answers: ``deploy/sites.yaml`` says which sites, waves and releases there are
(``fleet``, which also edits it in place; ``reader`` reads it), and `kubectl kustomize deploy/edge` what runs at each
(``base``). ``platforms`` has the objects of each edge platform, in a module each; ``files`` writes them, sealed, in
``yaml_format``. ``waves`` brings a release from wave to wave, where ``cluster`` says that the one before is done and
``gate`` that the next one may begin. ``command`` is the command; only ``cli`` and ``dev`` import it.
"""

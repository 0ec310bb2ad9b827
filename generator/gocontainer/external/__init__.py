"""External templates: any cookiecutter template from a folder or a git repository, rendered in another process.

``template_source`` fetches, ``runner`` starts ``worker`` in a process of its own, ``template`` is what ``new`` and
``update`` call, ``cruft`` reads what cruft remembers. Builds on ``update``; only ``cli`` imports it.
"""

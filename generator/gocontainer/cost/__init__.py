"""``gocontainer cost``: what a load costs on pods that are always on, and on Knative.

A product of its own: ``load_pattern`` says when tasks come, ``knative_autoscaler`` replays its rules, ``comparison``
adds up, ``command`` is the command. Only ``cli`` imports it.
"""

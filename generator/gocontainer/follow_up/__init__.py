"""What a person has to know and to do after an update, beside the merge itself.

``service_changes`` are limits that are others now, keys that are gone and parts that moved; ``cluster_cleanup`` names
the objects that a running cluster keeps until somebody deletes them. ``update`` and ``cli`` import it.
"""

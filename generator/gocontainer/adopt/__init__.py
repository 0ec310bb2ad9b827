"""``gocontainer adopt``: a Go repository that was never generated is taken up.

``sources`` reads it, ``go_code`` and ``surroundings`` say what is there, ``proposal`` makes answers of that, each with
its evidence, ``lacks`` lists what the code does not do, ``plan`` compares what would be written with what is there,
``report`` says it, and ``command`` runs all of it.
"""

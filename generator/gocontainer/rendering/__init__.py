"""From answers to a tree of files: the template language, what templates can name, and the numbers.

``engine`` renders, ``language`` parses and evaluates, ``layout`` is table 2, ``pins.toml`` table 3, ``variables`` and
``sizing`` say what follows from the answers. Builds on ``options`` and ``answers``.
"""

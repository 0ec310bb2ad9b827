"""Table 1: every question that can be asked, what an answer may be, and what cannot work together.

``table`` lists the questions, ``types`` has their kinds. Needs the standard library and ``errors`` only, since
cookiecutter's own Python imports it; everybody may import it.
"""

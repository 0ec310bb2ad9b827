"""Whether a merge works where the last commit did: what neither git nor a line of text can tell.

    Sides: base, mine, theirs, merged --(verify)--> Verified: what only the merge broke, and notes

``texts`` parses the files that hold a part of each side, ``kustomizations`` follows what they name, ``go_modules``
has Go build both commits in a private folder, offline. Only where something is wrong with the merge is the last commit
looked at, and what was wrong there is a note. ``places`` finds where each side has its part of it.
"""

"""Merging a newer template into a repository without losing an edit.

    opened --(prepare)--> Update: base, mine, theirs --(plan)--> Plan --(apply)--> index and work tree, or a new branch

``steps`` prepares and plans, ``apply`` writes, ``undo`` takes back what ``journal`` remembers and ``remains`` finds;
``base`` finds the first render, ``git_merge`` merges, ``lost_edits`` and ``resolvers`` look after what git cannot know.
Builds on ``rendering``.

``image_files`` moves the files that name the image where the template did, ``steps`` leaves to the project what the
template writes once; the one value ``Update`` is handed down. ``git_merge`` has the scratch repository, a private bare
one that borrows the project's objects and in which git merges three commits; ``lost_edits`` makes conflicts of what git
would drop in silence; ``resolvers`` decides what lines cannot, ``go_requirements`` keeps the modules that the project
brought. ``repository.objects`` makes trees and packs without git, and one ``git cat-file --batch`` reads all objects,
so that an update starts nine processes of git.

``apply`` writes: ``git read-tree -m -u`` gets filters, line ends, sparse checkouts and submodules right. It works on a
copy of the index while ``held_index`` holds git's own lock, told from another git's by what is in it; ``journal``
remembers the tree that is written, and ``undo`` touches only what is the last commit's or that tree's.
``verification`` says what a plan would break. ``lock_merge`` writes lock and pack anew for two merged branches.
docs/explanation/update.md says it for users.
"""

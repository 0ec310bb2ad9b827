"""`gocontainer form`: the wizard's questions on a page in a browser, with the files beside them.

``answering`` is all that the page asks for, from plain data to plain data: it knows no disk, no git and no
environment, so that a link gives the same files everywhere. ``server`` lets a browser on this machine ask it over HTTP;
in the docs the same page asks it in Pyodide, without any server. ``page`` has what the browser loads. It asks through
``engine.js`` alone, the one file that differs between the two.

``fork`` answers for an external template: questions, files and page are those of a fork of ours, from a process of its
own; what is written is what cookiecutter makes of the answers, as `gocontainer new --template` writes it.
"""

"""What a service is to be: answers from every source, and the lock file that remembers them.

``model`` merges and validates, ``sources`` and ``detect`` read, ``lockfile`` saves,
``migrations`` has the words of earlier versions.
Builds on ``options`` and ``repository``; whoever renders, updates or asks imports it.
"""

"""An LDAP directory in memory, of what `directory.ldif` in the current folder says; see `identity.py`.

It listens on a free port of 127.0.0.1 until its process ends, and says on which.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any


def load(name: str) -> Any:
    """A module of those that have no annotations, or odd ones."""
    return importlib.import_module(name)


def main() -> None:
    """Serve."""
    reactor = load("twisted.internet.reactor")
    factory_class = load("twisted.internet.protocol").ServerFactory
    factory = factory_class()
    factory.protocol = load("ldaptor.protocols.ldap.ldapserver").LDAPServer

    def serve(root: Any) -> None:
        # The protocol asks its factory for the entry at the top in this way.
        adapters, entry = load("twisted.python.components"), load("ldaptor.interfaces")
        adapters.registerAdapter(lambda _: root, factory_class, entry.IConnectedLDAPEntry)
        port = reactor.listenTCP(0, factory, interface="127.0.0.1")
        print(f"listening on 127.0.0.1:{port.getHost().port}", flush=True)

    def fail(failure: Any) -> None:
        print(failure, file=sys.stderr, flush=True)
        reactor.stop()

    with Path("directory.ldif").open("rb") as ldif:
        load("ldaptor.inmemory").fromLDIFFile(ldif).addCallbacks(serve, fail)
    reactor.run()


if __name__ == "__main__":
    main()

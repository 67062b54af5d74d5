"""Brings a SeaweedFS that is starting to the point where it is good to use.

Three things beyond "it answers":

* It makes the one volume that all buckets share, and tells the filer to share it. By default each
  bucket gets volumes of its own when its first object comes, which takes 200 ms each time.
* The S3 port must refuse somebody without keys: then the keys have been read.
* The answer on the S3 port must be this server's, not that of another one which was faster to take the
  port. Ours opens its gRPC port, which is in a block of ports of its own, only after it has the S3 port.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Mapping

from minio_sdk.local_server.seaweedfs import COLLECTION, token

TIMEOUT = 2.0  # seconds for one question
_CONF = "/etc/seaweedfs/filer.conf"


class Readiness:
    """The steps from a started process to a usable server, each tried until it succeeds."""

    def __init__(self, ports: Mapping[str, int], inner_key: str, patience: float) -> None:
        self._ports = ports
        self._authorization = {"Authorization": f"BEARER {token(inner_key, patience + 60)}"}
        self._steps: list[tuple[str, Callable[[], bool]]] = [
            ("its volume server", self._volume),
            ("its filer", self._collection),
            ("its S3 port", self._s3),
            ("its S3 service", self._ours),
        ]
        self.version = ""

    @property
    def waiting_for(self) -> str:
        """What isn't there yet, in words; empty when everything is."""
        return self._steps[0][0] if self._steps else ""

    def advance(self) -> bool:
        """Try the next step. Returns whether it succeeded."""
        if self._steps[0][1]():
            del self._steps[0]
            return True
        return False

    def _volume(self) -> bool:
        # The master creates a volume for a collection that has none.
        answer = _ask(self._ports["master"], "GET", f"/dir/assign?collection={COLLECTION}")
        return answer is not None and answer[0] == 200 and b'"fid"' in answer[2]

    def _collection(self) -> bool:
        filer = self._ports["filer"]
        answer = _ask(filer, "GET", _CONF, self._authorization)
        if answer is not None and answer[0] == 404:
            rule = {"locationPrefix": "/buckets/", "collection": COLLECTION}
            conf = json.dumps({"version": 0, "locations": [rule]}).encode()
            path = f"{_CONF}?collection={COLLECTION}"
            answer = _ask(filer, "PUT", path, self._authorization, conf)
        return answer is not None and answer[0] in (200, 201)

    def _s3(self) -> bool:
        answer = _ask(self._ports["s3"], "GET", "/")
        if answer is None or answer[0] != 403:
            return False
        product, *_, number = (answer[1].get("Server") or "?").split()
        self.version = number
        return product == "SeaweedFS"

    def _ours(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self._ports["s3_grpc"]), TIMEOUT).close()
        except OSError:
            return False
        return True


def _ask(
    port: int, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b""
) -> tuple[int, Mapping[str, str], bytes] | None:
    """Status, headers and body of an answer, or None where there is none."""
    import http.client  # slow to load, and needed for starting only

    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    try:
        connection.request(method, path, body or None, dict(headers or {}))
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read(65536)
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()

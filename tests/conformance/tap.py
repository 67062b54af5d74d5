"""Listens in between a client and a real server: what was really sent, whichever client sent it."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

from tests.scripted import Reply, Request, ScriptedServer, reply

_OF_THE_CONNECTION = frozenset({"connection", "content-length", "keep-alive", "transfer-encoding"})


def tap(base_url: str) -> ScriptedServer:
    """A server that passes every request on as it is and writes it down in `requests`.

    Signatures stay valid: they cover the Host header, which goes on unchanged.
    """
    target = urlsplit(base_url)

    def pass_on(request: Request) -> Reply:
        connection = http.client.HTTPConnection(str(target.hostname), target.port, timeout=30)
        try:
            connection.putrequest(
                request.method, request.target, skip_host=True, skip_accept_encoding=True
            )
            for name, value in request.headers:
                if name.lower() not in _OF_THE_CONNECTION:
                    connection.putheader(name, value)
            connection.putheader("Content-Length", str(len(request.body)))
            connection.endheaders(request.body)
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        headers = [h for h in answer.getheaders() if h[0].lower() not in _OF_THE_CONNECTION]
        length = answer.getheader("Content-Length")
        if request.method == "HEAD" and length:
            return reply(answer.status, headers=headers, content_length=int(length))
        return reply(answer.status, body, headers=headers)

    return ScriptedServer(handler=pass_on)

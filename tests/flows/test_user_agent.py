"""`Config(user_agent=...)`: it is in every request, whichever way that goes."""

from __future__ import annotations

from tests.both import Connect, both, stored
from tests.scripted import ScriptedServer


@both
def test_a_program_is_named_behind_the_sdk(connect: Connect) -> None:
    answers = [stored(b"x") for _ in range(4)]
    with ScriptedServer(answers) as server, connect(server, user_agent="backup/1.2") as client:
        for _ in range(3):  # by the careful way first, then by the short one
            client.get_object("docs", "a")
        client.with_(user_agent="other").get_object("docs", "a")
    sent = [{name.lower(): value for name, value in r.headers} for r in server.requests]
    first = {headers["user-agent"] for headers in sent[:3]}
    assert first == {"minio-enterprise-sdk backup/1.2"}
    assert sent[3]["user-agent"] == "minio-enterprise-sdk other"

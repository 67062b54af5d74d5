"""A MinIO that knows its users from elsewhere, and who vouches for them.

    LDAP           ldaptor's directory in memory, a process of its own
    certificates   of an authority that MinIO trusts
    OpenID         `Portal`, which also is the service that MinIO asks about tokens of another kind

All are on free ports of 127.0.0.1. `minio-identity` of `servers.py` is a MinIO with all of them.
"""

from __future__ import annotations

import base64
import contextlib
import importlib.util
import json
import re
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import trustme
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.servers import Guarded, Server, StartFailed, clean_environment, new_folder, start_minio

POLICY = "readonly"
"""What all who are known here may do, but those of LDAP."""

# -- LDAP ------------------------------------------------------------------------------------------

ROOT = "dc=example,dc=org"
PEOPLE, GROUPS = f"ou=people,{ROOT}", f"ou=groups,{ROOT}"
LOOKUP, LOOKUP_PASSWORD = f"cn=lookup,{ROOT}", "secret-of-the-lookup"


def person(name: str) -> str:
    """The distinguished name of somebody."""
    return f"uid={name},{PEOPLE}"


def group(name: str) -> str:
    """The distinguished name of a group."""
    return f"cn={name},{GROUPS}"


def password(name: str) -> str:
    """Somebody's password, with what forms and queries have to encode."""
    return f"secret of {name} & <co>+ü"


def _ldif() -> str:
    """Ada is one of the editors, the others in no group; one of each for either client's tests."""
    entries = [
        f"dn: {ROOT}\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: example",
        f"dn: {PEOPLE}\nobjectClass: organizationalUnit\nou: people",
        f"dn: {GROUPS}\nobjectClass: organizationalUnit\nou: groups",
        f"dn: {LOOKUP}\nobjectClass: person\ncn: lookup\nsn: x\nuserPassword: {LOOKUP_PASSWORD}",
    ]
    for style in ("sync", "async"):
        for name in (f"ada-{style}", f"grace-{style}", f"hedy-{style}"):
            secret = base64.b64encode(password(name).encode()).decode()
            entries.append(
                f"dn: {person(name)}\nobjectClass: inetOrgPerson\nuid: {name}\ncn: {name}\nsn: x\n"
                f"userPassword:: {secret}"
            )
        editors = f"editors-{style}"
        entries.append(
            f"dn: {group(editors)}\nobjectClass: groupOfNames\ncn: {editors}\n"
            f"member: {person(f'ada-{style}')}"
        )
    return "\n\n".join(entries) + "\n\n"


def ldap_settings(address: str) -> dict[str, str]:
    """What MinIO's ``identity_ldap`` is set to for the directory."""
    return {
        "server_addr": address,
        "server_insecure": "on",
        "lookup_bind_dn": LOOKUP,
        "lookup_bind_password": LOOKUP_PASSWORD,
        "user_dn_search_base_dn": PEOPLE,
        "user_dn_search_filter": "(&(objectClass=inetOrgPerson)(uid=%s))",
        "group_search_base_dn": GROUPS,
        "group_search_filter": "(&(objectClass=groupOfNames)(member=%d))",
    }


def start_ldap(stack: contextlib.ExitStack) -> tuple[str, Path]:
    """The address of a directory, and a folder that is there as long; `stack` stops it."""
    if importlib.util.find_spec("ldaptor") is None:
        raise StartFailed('ldaptor is not installed: pip install -e ".[test]"')
    folder = new_folder()
    (folder / "directory.ldif").write_text(_ldif())
    program = str(Path(__file__).with_name("ldap_server.py"))
    # Isolated: the folder of the program has another `typing`.
    process = Guarded([sys.executable, "-I", program], folder, clean_environment())
    stack.callback(process.stop)

    def ready(log: str) -> str | None:
        found = re.search(r"^listening on (\S+)$", log, re.MULTILINE)
        return found and found[1]

    return process.wait_until(ready), folder


# -- OpenID and tokens of another kind -------------------------------------------------------------

CLIENT_ID = "minio-in-tests"
TOKEN = "a token & nobody's business"
"""What the portal takes as a token of another kind."""
ROLE = "arn:minio:iam:::role/idmp-portal"


class Portal:
    """Who vouches for users: a provider of OpenID Connect, and a plugin of MinIO.

    Attributes:
        config_url: where it says what it is.
        plugin_url: where MinIO asks about tokens.
    """

    def __init__(self, port: int) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._issuer = f"http://127.0.0.1:{port}"
        self.config_url = f"{self._issuer}/.well-known/openid-configuration"
        self.plugin_url = f"{self._issuer}/plugin"

    @property
    def documents(self) -> dict[str, Any]:
        """What it answers with, by path."""
        public = self._key.public_key().public_numbers()
        numbers = {"n": public.n.to_bytes(256, "big"), "e": public.e.to_bytes(3, "big")}
        key = {name: _base64(number) for name, number in numbers.items()}
        return {
            "/.well-known/openid-configuration": {
                "issuer": self._issuer,
                "jwks_uri": f"{self._issuer}/keys",
                "authorization_endpoint": f"{self._issuer}/authorize",
                "token_endpoint": f"{self._issuer}/token",
                "response_types_supported": ["id_token"],
            },
            "/keys": {"keys": [{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1", **key}]},
        }

    def token(self, user: str, **claims: str) -> str:
        """What it gives a user who has signed in."""
        now = int(time.time())
        whole = {"iss": self._issuer, "aud": CLIENT_ID, "sub": user, "iat": now, "exp": now + 86400}
        parts = ({"alg": "RS256", "typ": "JWT", "kid": "1"}, {**whole, **claims})
        signed = ".".join(_base64(json.dumps(part).encode()) for part in parts)
        signature = self._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_base64(signature)}"


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@contextlib.contextmanager
def portal(port: int = 0) -> Iterator[Portal]:
    """One that answers, on a free port unless another is named."""

    class Asked(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            document = found.documents.get(self.path)
            self._say(404 if document is None else 200, document)

        def do_POST(self) -> None:
            tokens = parse_qs(urlsplit(self.path).query).get("token")
            if tokens == [TOKEN]:
                self._say(200, {"user": "robot", "maxValiditySeconds": 3600, "claims": {}})
            else:
                self._say(403, {"reason": "nobody's token"})

        def _say(self, status: int, document: object) -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", port), Asked) as listener:
        found = Portal(listener.server_port)
        thread = threading.Thread(target=listener.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield found
        finally:
            listener.shutdown()
            thread.join()


# -- certificates, and all together ----------------------------------------------------------------


def issue(authority: trustme.CA, path: Path, **fields: Any) -> str:
    """The path of a new certificate of a client, with its key."""
    certificate = authority.issue_cert("client@example.org", common_name=POLICY, **fields)
    path.write_bytes(certificate.private_key_and_cert_chain_pem.bytes())
    return str(path)


def start_minio_identity(stack: contextlib.ExitStack) -> Server:
    """MinIO with all of them; its `folder` has what its users sign in with.

    reader.pem, expired.pem   certificates with their keys
    token                     of a user of the portal
    """
    address, folder = start_ldap(stack)
    found, authority = stack.enter_context(portal()), trustme.CA()
    issue(authority, folder / "reader.pem")
    issue(authority, folder / "expired.pem", not_after=datetime(2020, 1, 1))
    (folder / "token").write_text(found.token("ada", policy=POLICY))
    settings = {f"LDAP_{name.upper()}": value for name, value in ldap_settings(address).items()}
    settings |= {
        "TLS_ENABLE": "on",
        "OPENID_CONFIG_URL": found.config_url,
        "OPENID_CLIENT_ID": CLIENT_ID,
        "OPENID_CLIENT_SECRET": "secret-of-minio",
        "PLUGIN_URL": found.plugin_url,
        "PLUGIN_ROLE_POLICY": POLICY,
        "PLUGIN_ROLE_ID": "portal",
    }
    environment: dict[str, Any] = {
        f"MINIO_IDENTITY_{name}": value for name, value in settings.items()
    }
    server = start_minio(stack, tls=authority, **environment)
    return replace(server, folder=str(folder))

"""Servers with users, in memory: SeaweedFS's IAM and Ceph RGW's admin ops, as far as provisioning asks.

They can be told to fail at any request, before or after they have done what it says.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from minio_sdk.wire.xml import escape
from tests.scripted import Reply, Request, reply, s3_error

ROOT = "AKACME"  # the keys of tests.both


class Accounts:
    """What both have in common.

    Attributes:
        keys: access key to user.
        fail_at: the number of the request that fails, from 1; 0 is none.
        after: whether it fails after it was done.
        asked: how many requests have come.
    """

    def __init__(self) -> None:
        self.keys: dict[str, str] = {}
        self.buckets: list[str] = []
        self.fail_at = 0
        self.after = False
        self.asked = 0
        self.unknown = 0  # so many times new keys are not known yet
        self._numbers = itertools.count(1)

    def __call__(self, request: Request) -> Reply:
        """The answer to a request."""
        self.asked += 1
        if self.asked == self.fail_at:
            if self.after:
                self.answer(request)
            return s3_error(500, "InternalError")
        return self.answer(request)

    def answer(self, request: Request) -> Reply:
        """What a server in good health says."""
        raise NotImplementedError

    def new_key(self, user: str) -> str:
        """An access key; its secret is made of it."""
        key = f"AK{next(self._numbers):04}"
        self.keys[key] = user
        return key

    def who(self, request: Request) -> str | None:
        """The user that has signed; None for keys that aren't known."""
        found = re.search(r"Credential=([^/]+)/", request.header("authorization") or "")
        key = found[1] if found else ""
        return "root" if key == ROOT else self.keys.get(key)

    def s3(self, request: Request, prefix: Callable[[str], str]) -> Reply:
        """S3, as far as it is asked: which buckets there are, and one that isn't."""
        who = self.who(request)
        if who is None or (who != "root" and self.unknown > 0):
            self.unknown -= 1
            return s3_error(403, "InvalidAccessKeyId")
        if request.path == "/":
            names = "".join(f"<Bucket><Name>{name}</Name></Bucket>" for name in self.buckets)
            return reply(
                200,
                f"<ListAllMyBucketsResult><Buckets>{names}</Buckets></ListAllMyBucketsResult>".encode(),
                headers={"Server": self.header},
            )
        if who != "root" and not request.path.startswith(f"/{prefix(who)}-"):
            return s3_error(403, "AccessDenied")
        return s3_error(404, "NoSuchBucket")

    header = ""


class SeaweedFS(Accounts):
    """IAM on the S3 port."""

    header = "SeaweedFS 4.48"

    def __init__(self) -> None:
        super().__init__()
        self.users: dict[str, set[str]] = {}  # their policies
        self.policies: dict[str, str] = {}

    def answer(self, request: Request) -> Reply:
        """IAM where a form is posted, else S3."""
        if request.method != "POST":
            return self.s3(request, lambda user: user.removeprefix("minio-sdk-"))
        if self.who(request) != "root":
            return s3_error(403, "AccessDenied")
        form = dict(parse_qsl(request.body.decode()))
        action = form["Action"]
        found = getattr(self, f"_{action}")(form)
        if isinstance(found, Reply):
            return found
        document = f"<{action}Response><{action}Result>{found}</{action}Result></{action}Response>"
        return reply(200, document.encode(), headers={"Server": self.header})

    def _missing(self) -> Reply:
        return s3_error(404, "NoSuchEntity")

    def _GetUser(self, form: dict[str, str]) -> Any:
        if form["UserName"] not in self.users:
            return self._missing()
        return f"<User><UserName>{form['UserName']}</UserName></User>"

    def _CreateUser(self, form: dict[str, str]) -> Any:
        if form["UserName"] in self.users:
            return s3_error(409, "EntityAlreadyExists")
        self.users[form["UserName"]] = set()
        return ""

    def _DeleteUser(self, form: dict[str, str]) -> Any:
        return "" if self.users.pop(form["UserName"], None) is not None else self._missing()

    def _ListUsers(self, form: dict[str, str]) -> Any:
        members = "".join(f"<member><UserName>{user}</UserName></member>" for user in self.users)
        return f"<Users>{members}</Users><IsTruncated>false</IsTruncated>"

    def _CreatePolicy(self, form: dict[str, str]) -> Any:
        arn = f"arn:aws:iam:::policy/{form['PolicyName']}"
        if arn in self.policies:
            return s3_error(409, "EntityAlreadyExists")
        self.policies[arn] = form["PolicyDocument"]
        return f"<Policy><Arn>{arn}</Arn></Policy>"

    def _GetPolicyVersion(self, form: dict[str, str]) -> Any:
        if form["PolicyArn"] not in self.policies:
            return self._missing()
        text = self.policies[form["PolicyArn"]]
        return f"<PolicyVersion><Document>{escape(text)}</Document></PolicyVersion>"

    def _DeletePolicy(self, form: dict[str, str]) -> Any:
        if any(form["PolicyArn"] in held for held in self.users.values()):
            return s3_error(409, "DeleteConflict")
        return "" if self.policies.pop(form["PolicyArn"], None) else self._missing()

    def _AttachUserPolicy(self, form: dict[str, str]) -> Any:
        self.users[form["UserName"]].add(form["PolicyArn"])
        return ""

    def _DetachUserPolicy(self, form: dict[str, str]) -> Any:
        held = self.users.get(form["UserName"], set())
        if form["PolicyArn"] not in held:
            return self._missing()
        held.discard(form["PolicyArn"])
        return ""

    def _CreateAccessKey(self, form: dict[str, str]) -> Any:
        key = self.new_key(form["UserName"])
        return (
            f"<AccessKey><AccessKeyId>{key}</AccessKeyId>"
            f"<SecretAccessKey>secret-of-{key}</SecretAccessKey></AccessKey>"
        )

    def _ListAccessKeys(self, form: dict[str, str]) -> Any:
        members = "".join(
            f"<member><AccessKeyId>{key}</AccessKeyId></member>"
            for key, user in self.keys.items()
            if user == form["UserName"]
        )
        return f"<AccessKeyMetadata>{members}</AccessKeyMetadata>"

    def _DeleteAccessKey(self, form: dict[str, str]) -> Any:
        return "" if self.keys.pop(form["AccessKeyId"], None) else self._missing()


class Ceph(Accounts):
    """The admin ops of RGW."""

    header = "Ceph Object Gateway (squid)"

    def __init__(self) -> None:
        super().__init__()
        self.users: dict[str, dict[str, Any]] = {}
        self.quotas: dict[str, dict[str, Any]] = {}
        self.owned: dict[str, list[str]] = {}
        self.masks = True  # whether it knows op-mask

    def answer(self, request: Request) -> Reply:
        """Admin ops below /admin, else S3."""
        if not request.path.startswith("/admin/"):
            return self.s3(request, lambda user: user.partition("$")[0])
        if self.who(request) != "root":
            return self._error(403, "AccessDenied")
        query = dict(parse_qsl(request.query, keep_blank_values=True))
        if request.path == "/admin/metadata/user":
            return self._json({"keys": [*self.users, "admin"], "truncated": False})
        uid = query["uid"]
        if request.path == "/admin/bucket":
            return self._json(self.owned.get(uid, []))
        if uid not in self.users and (request.method != "PUT" or "key" in query):
            return self._error(404, "NoSuchUser")
        if "quota" in query:
            return self._quota(request, uid)
        if "key" in query:
            return self._key(request, uid, query)
        return self._user(request, uid, query)

    def _user(self, request: Request, uid: str, query: dict[str, str]) -> Reply:
        if request.method == "DELETE":
            if self.owned.get(uid) and query.get("purge-data") != "true":
                return self._error(409, "BucketAlreadyExists")
            self.owned.pop(uid, None)
            del self.users[uid]
            self.keys = {key: user for key, user in self.keys.items() if user != uid}
            return reply(200)
        if request.method == "PUT":
            self.users[uid] = {"display_name": query["display-name"], "op_mask": ALL}
        if request.method in ("PUT", "POST"):
            if self.masks:
                self.users[uid]["op_mask"] = query.get("op-mask") or self.users[uid]["op_mask"]
            self.users[uid]["suspended"] = query.get("suspended") == "true"
        return self._json({**self.users[uid], "keys": self._keys_of(uid)})

    def _key(self, request: Request, uid: str, query: dict[str, str]) -> Reply:
        if request.method == "DELETE":
            gone = self.keys.pop(query["access-key"], None)
            return reply(200) if gone else self._error(404, "NoSuchKey")
        self.new_key(uid)
        return self._json(self._keys_of(uid))

    def _keys_of(self, uid: str) -> list[dict[str, str]]:
        return [
            {"access_key": key, "secret_key": f"secret-of-{key}"}
            for key, user in self.keys.items()
            if user == uid
        ]

    def _quota(self, request: Request, uid: str) -> Reply:
        if request.method == "PUT":
            self.quotas[uid] = json.loads(request.body)
            return reply(200)
        return self._json(self.quotas.get(uid, {"enabled": False, "max_size": -1}))

    def _json(self, document: Any) -> Reply:
        return reply(200, json.dumps(document).encode(), headers={"Server": self.header})

    def _error(self, status: int, code: str) -> Reply:
        return reply(status, json.dumps({"Code": code}).encode(), headers={"Server": self.header})


ALL = "read, write, delete"

"""Policies as values: made of statements, read from JSON, given wherever a policy is taken.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-policy-language-overview.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from minio_sdk.errors import ValidationError, invalid
from minio_sdk.policies.deciding import Decision, asked_of, decide
from minio_sdk.policies.statements import Statement, parsed
from minio_sdk.wire.policy import read_policy, statements

VERSION = "2012-10-17"


class Policy(Mapping[str, Any]):
    """A policy, as a value that can't be changed; a mapping with the names of the policy language.

    It is taken wherever a policy is: `set_bucket_policy`, `admin.add_policy`, service accounts, providers
    of credentials. `check` tells what it would decide.

    Args:
        *given: its statements, of which S3 wants one at least.
        id: a name for the policy.

    Raises:
        ValidationError: no statement, or something else than statements.

    Example:
        >>> from minio_sdk import Policy, Statement
        >>> policy = Policy(Statement(actions="GetObject", resources="docs/public/*", principals="*"))
        >>> bool(policy.check("s3:GetObject", "docs/public/a.txt"))
        True
    """

    __slots__ = ("_document", "id", "statements")

    id: str | None
    statements: tuple[Statement, ...]
    _document: dict[str, Any]

    def __init__(self, *given: Statement, id: str | None = None) -> None:
        for statement in given:
            if not isinstance(statement, Statement):
                raise invalid(
                    "statements", statement, "must be Statements; Policy.parse() reads JSON"
                )
        if not given:
            raise ValidationError("statements: a policy has one at least")
        if id is not None and not isinstance(id, str):
            raise invalid("id", id, "must be text")
        self._keep(given, id, VERSION)

    def _keep(self, found: tuple[Statement, ...], name: str | None, version: str) -> None:
        put = super().__setattr__
        put("statements", found)
        put("id", name)
        written: dict[str, Any] = {"Version": version} if name is None else {
            "Version": version, "Id": name,
        }  # fmt: skip
        written["Statement"] = [statement.document() for statement in found]
        put("_document", written)

    @classmethod
    def parse(cls, policy: str | bytes | Mapping[str, Any]) -> Policy:
        """A policy that was written as JSON; actions that aren't known here are left as they are.

        Args:
            policy: JSON text or a dict, as `get_bucket_policy` returns one.

        Raises:
            ValidationError: it isn't JSON, or not a policy.
        """
        document = read_policy(policy)
        if not document:
            raise invalid("policy", document, "must have a Statement")
        version = document.get("Version", "2008-10-17")
        if version not in (VERSION, "2008-10-17"):
            raise invalid("policy", version, f"Version must be {VERSION!r} or '2008-10-17'")
        name = document.get("Id")
        if name is not None and not isinstance(name, str):
            raise invalid("Id", name, "must be text")
        made = object.__new__(cls)
        found = tuple(parsed(s, f"Statement[{n}]") for n, s in enumerate(statements(document)))
        made._keep(found, name, version)
        return made

    @property
    def version(self) -> str:
        """The version of the policy language."""
        return str(self._document["Version"])

    def to_json(self, *, indent: int | None = None) -> str:
        """The policy as JSON text; its length is what servers limit."""
        separators = (",", ":") if indent is None else None
        return json.dumps(self._document, indent=indent, separators=separators, ensure_ascii=False)

    def check(
        self,
        action: str,
        resource: str,
        *,
        principal: str | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> Decision:
        """What this policy alone decides about one request, without asking any server.

        A Deny that matches beats every Allow; what no statement allows is not allowed. Other policies may
        be in force beside it: put their statements into one `Policy` to ask of all of them.

        Args:
            action: such as ``"s3:GetObject"``.
            resource: a bucket or object, such as ``"docs/a.txt"``, with or without ``arn:aws:s3:::``.
            principal: the ARN of who asks; None is an unsigned request. Statements without principals
                are about whoever they are attached to, and match any.
            context: what conditions ask for, such as ``{"aws:SourceIp": "10.1.2.3"}`` or
                ``{"s3:prefix": "reports/"}``; lists are for keys with several values. A key that
                isn't here is one that the request doesn't have.

        Returns:
            The decision, true when the request is allowed.

        Raises:
            ValidationError: a bad argument, or a condition that can't be decided here.

        Example:
            >>> from minio_sdk import Policy, Statement
            >>> policy = Policy(
            ...     Statement(actions="GetObject", resources="docs/*"),
            ...     Statement(effect="Deny", actions="*", resources="docs/secret/*"),
            ... )
            >>> policy.check("GetObject", "docs/secret/a").reason
            'statement 2 denies it'
        """
        asked = asked_of(action, resource, principal, context, variables=self.version == VERSION)
        return decide(self.statements, asked)

    def __getitem__(self, name: str) -> Any:
        return json.loads(json.dumps(self._document[name]))  # of one's own: the policy can't change

    def __iter__(self) -> Iterator[str]:
        return iter(self._document)

    def __len__(self) -> int:
        return len(self._document)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mapping) and self._document == dict(other)

    def __hash__(self) -> int:
        return hash(self.to_json())

    def __repr__(self) -> str:
        return f"Policy.parse({self.to_json()!r})"

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a Policy can't be changed: {name}")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a Policy can't be changed: {name}")

    def __reduce__(self) -> tuple[Any, ...]:
        return Policy.parse, (self.to_json(),)

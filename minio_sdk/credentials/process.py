"""Credentials that a program of the user's prints, as AWS's tools have it.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
"""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Sequence

from minio_sdk.clock import SYSTEM_CLOCK, Clock
from minio_sdk.credentials.asking import check_seconds, document_of, keys_in
from minio_sdk.credentials.refreshing import RefreshingProvider
from minio_sdk.errors import ConfigurationError, CredentialsError
from minio_sdk.models.credentials import Credentials
from minio_sdk.models.secret import Secret


class ProcessProvider(RefreshingProvider):
    """Runs a program that prints credentials as JSON, and runs it again before they end.

    It is run without a shell. What it prints to its standard error is not shown: it may be a secret.

    Args:
        command: the program and its arguments, as a list, or as one text with quotes where needed.
        timeout: seconds that it may take. Default 60.
        clock: the time source; tests give another.

    Raises:
        ConfigurationError: there is no program in `command`.

    Example:
        >>> keys = ProcessProvider(["aws", "configure", "export-credentials", "--profile", "work"])
        >>> config = Config("https://s3.example.com", "acme", credentials=keys)
    """

    def __init__(
        self,
        command: str | Sequence[str],
        *,
        timeout: float = 60.0,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        try:
            words = (
                shlex.split(command, posix=os.name == "posix")
                if isinstance(command, str)
                else list(command)
            )
        except (TypeError, ValueError):
            words = []
        if not words or not all(isinstance(word, str) and "\0" not in word for word in words):
            # Not its value: an argument may be a password.
            raise ConfigurationError("command: must be a program and its arguments")
        self._words = _Command(words)
        self._timeout = check_seconds("timeout", timeout)
        super().__init__(clock=clock)

    def __repr__(self) -> str:
        return f"ProcessProvider([{self._words[0]!r}, ...])"

    def fetch(self) -> Credentials:
        """What the program prints.

        Raises:
            MinIOError: it fails, takes too long, or prints something else.
        """
        who = repr(self._words[0])
        code, printed = self._run(who)
        if code:
            raise CredentialsError(
                f"{who} ended with {code}", hint="run it by hand: it may say why"
            )
        document = document_of(printed, who)
        if document.get("Version") != 1:
            raise CredentialsError(f"{who} prints no credentials of Version 1")
        return keys_in(document, "SessionToken", who)

    def _run(self, who: str) -> tuple[int, Secret]:
        try:
            done = subprocess.run(
                self._words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=self._timeout,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise CredentialsError(f"{who} took more than {self._timeout:g} seconds") from None
        except (OSError, ValueError) as error:
            raise CredentialsError(f"{who} can't be run ({type(error).__name__})") from None
        return done.returncode, Secret(done.stdout.decode("utf-8", "replace"))


class _Command(list[str]):
    """Arguments that a traceback doesn't show."""

    def __repr__(self) -> str:
        return f"[{self[0]!r}, ...]"

"""Credentials in AWS's files: keys, a program that prints them, or a role and who may assume it.

https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html
"""

from __future__ import annotations

import configparser
import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from minio_sdk.clock import SYSTEM_CLOCK, Clock
from minio_sdk.credentials.asking import check_seconds
from minio_sdk.credentials.environment import PROFILE_NAMES, aws_files, expanded, first_of
from minio_sdk.credentials.metadata import ContainerProvider, InstanceMetadataProvider
from minio_sdk.credentials.process import ProcessProvider
from minio_sdk.credentials.refreshing import RefreshingProvider
from minio_sdk.credentials.sts import (
    LONGEST,
    SHORTEST,
    AssumeRoleProvider,
    WebIdentityProvider,
    aws_sts,
)
from minio_sdk.errors import ConfigurationError
from minio_sdk.models.credentials import Credentials
from minio_sdk.models.names import plain
from minio_sdk.models.secret import FrozenDict, Secret
from minio_sdk.models.variables import AWS_NAMES
from minio_sdk.wire.headers import integer

Profile = Mapping[str, str]

_SECRET = frozenset({"aws_secret_access_key", "aws_session_token", "credential_process"})
_STATIC = ("aws_access_key_id", "aws_secret_access_key")


class ProfileProvider(RefreshingProvider):
    """The credentials of a profile in ``~/.aws/credentials`` and ``~/.aws/config``.

    A profile has keys, or a `credential_process`, or a `role_arn` with a `source_profile`, a
    `credential_source` or a `web_identity_token_file`. The files are read again whenever new credentials
    are needed.

    Args:
        profile: its name; None takes ``AWS_PROFILE``, or ``"default"``.
        credentials_file: None takes ``AWS_SHARED_CREDENTIALS_FILE``, or ``~/.aws/credentials``.
        config_file: None takes ``AWS_CONFIG_FILE``, or ``~/.aws/config``.
        timeout: seconds for an answer of STS. Default 10.
        environ: another mapping than ``os.environ``; read now.
        clock: the time source; tests give another.

    Example:
        >>> config = Config("https://s3.example.com", "acme", credentials=ProfileProvider("work"))
    """

    def __init__(
        self,
        profile: str | None = None,
        *,
        credentials_file: str | os.PathLike[str] | None = None,
        config_file: str | os.PathLike[str] | None = None,
        timeout: float = 10.0,
        environ: Mapping[str, str] | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        env = os.environ if environ is None else environ
        named = profile or first_of(env, PROFILE_NAMES)
        self.profile = plain(named or "default")
        self.is_named = bool(named)
        keys, settings = aws_files(env)
        self.credentials_file = expanded(credentials_file, env) if credentials_file else keys
        self.config_file = expanded(config_file, env) if config_file else settings
        self._timeout = check_seconds("timeout", timeout)
        self._env = FrozenDict({k: Secret(v) for k, v in env.items() if k.startswith("AWS_") and v})
        super().__init__(clock=clock)

    def __repr__(self) -> str:
        return f"ProfileProvider({self.profile!r})"

    def fetch(self) -> Credentials | None:
        """The profile's credentials; None when there are no such files, and no name was given.

        Raises:
            ConfigurationError: the files can't be read, or the profile contradicts itself.
            MinIOError: who should give credentials for it doesn't.
        """
        profiles = self.read()
        if self.profile not in profiles and not self.is_named:
            return None
        return self._resolved(profiles, self.profile, ())

    def read(self) -> dict[str, Profile]:
        """The profiles of both files by name; what the first says wins.

        Raises:
            ConfigurationError: a file can't be read.
        """
        found: dict[str, dict[str, str]] = {}
        for path, in_config in ((self.config_file, True), (self.credentials_file, False)):
            for section, values in _sections(path):
                name = _profile_name(section) if in_config else section
                if name is not None:
                    found.setdefault(name, {}).update(values)
        return {name: FrozenDict(values) for name, values in found.items()}

    def kind(self) -> str | None:
        """What the profile has: ``"keys"``, ``"process"``, ``"role"``, or None for nothing.

        Raises:
            ConfigurationError: the files can't be read, or have no profile of the name that was given.
        """
        profiles = self.read()
        if self.profile not in profiles and not self.is_named:
            return None
        profile = self._profile(profiles, self.profile)
        if self.is_named and _is_sso(profile):
            return "role"  # which will say what to do
        if "role_arn" in profile or "web_identity_token_file" in profile:
            return "role"
        if _static(self.profile, profile) is not None:
            return "keys"
        return "process" if "credential_process" in profile else None

    def _profile(self, profiles: Mapping[str, Profile], name: str) -> Profile:
        if name not in profiles:
            raise ConfigurationError(
                f"profile {name!r} is neither in {str(self.credentials_file)!r} nor in "
                f"{str(self.config_file)!r}",
                hint="check AWS_PROFILE" if name == self.profile else "check source_profile",
            )
        return profiles[name]

    def _resolved(
        self, profiles: Mapping[str, Profile], name: str, seen: tuple[str, ...]
    ) -> Credentials | None:
        profile = self._profile(profiles, name)
        if "web_identity_token_file" in profile and "role_arn" in profile:
            return self._with_token(name, profile)
        if "role_arn" in profile:
            return self._with_role(profiles, name, seen)
        if (keys := _static(name, profile)) is not None:
            return keys
        if "credential_process" in profile:
            return ProcessProvider(profile["credential_process"], clock=self._clock).fetch()
        if _is_sso(profile):
            raise ConfigurationError(
                f"profile {name!r} signs in by SSO, which only AWS's own tools can",
                hint=f"credential_process = aws configure export-credentials --profile {name}",
            )
        return None

    def _with_role(
        self, profiles: Mapping[str, Profile], name: str, seen: tuple[str, ...]
    ) -> Credentials:
        profile = profiles[name]
        seen = (*seen, name)
        source, way = profile.get("source_profile"), profile.get("credential_source")
        if (source is None) == (way is None):
            raise ConfigurationError(
                f"profile {name!r}: role_arn needs either source_profile or credential_source"
            )
        if "mfa_serial" in profile:
            raise ConfigurationError(
                f"profile {name!r} asks for a code (mfa_serial), which a program can't type in",
                hint=f"credential_process = aws configure export-credentials --profile {name}",
            )
        keys = (
            self._from_profile(profiles, source, seen)
            if source is not None
            else self._from_machine(name, str(way))
        )
        if keys is None:
            raise ConfigurationError(f"profile {name!r}: its source {source or way!r} has no keys")
        return AssumeRoleProvider(
            _sts(self._env, profile),
            credentials=keys,
            role_arn=profile["role_arn"],
            session_name=profile.get("role_session_name") or "minio-sdk",
            external_id=profile.get("external_id") or None,
            duration=_duration(name, profile),
            region=_region(self._env, profile) or "us-east-1",
            timeout=self._timeout,
            verify=_authorities(self._env),
            clock=self._clock,
        ).fetch()

    def _from_profile(
        self, profiles: Mapping[str, Profile], source: str, seen: tuple[str, ...]
    ) -> Credentials | None:
        # Keys win here: a profile may name itself as the source, with its own keys.
        if (keys := _static(source, self._profile(profiles, source))) is not None:
            return keys
        if source in seen:
            raise ConfigurationError(
                f"profile {source!r} is a source of itself: {' -> '.join(seen)}"
            )
        return self._resolved(profiles, source, seen)

    def _from_machine(self, name: str, way: str) -> Credentials | None:
        if way == "Environment":
            static = {key.lower(): value for key, value in self._env.items()}
            return _static(name, static)
        if way == "Ec2InstanceMetadata":
            return InstanceMetadataProvider(environ=self._env, clock=self._clock).fetch()
        if way == "EcsContainer":
            return ContainerProvider(environ=self._env, clock=self._clock).fetch()
        raise ConfigurationError(
            f"profile {name!r}: credential_source={way!r} must be Environment, Ec2InstanceMetadata or "
            "EcsContainer"
        )

    def _with_token(self, name: str, profile: Profile) -> Credentials:
        return WebIdentityProvider(
            _sts(self._env, profile),
            Path(profile["web_identity_token_file"]).expanduser(),
            role_arn=profile["role_arn"],
            session_name=profile.get("role_session_name") or "minio-sdk",
            duration=_duration(name, profile),
            timeout=self._timeout,
            verify=_authorities(self._env),
            clock=self._clock,
        ).fetch()


def _region(env: Mapping[str, str], profile: Profile) -> str | None:
    return first_of(env, AWS_NAMES["region"]) or profile.get("region")


def _sts(env: Mapping[str, str], profile: Profile) -> str:
    named = first_of(env, ("AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"))
    return named or profile.get("endpoint_url") or aws_sts(_region(env, profile))


def _authorities(env: Mapping[str, str]) -> bool | str:
    return first_of(env, AWS_NAMES["verify"]) or True


def identity_in_environment(*, environ: Mapping[str, str]) -> WebIdentityProvider:
    """The web identity of a pod in EKS, and of others that say it in the same way."""
    return WebIdentityProvider(
        _sts(environ, {}),
        Path(environ["AWS_WEB_IDENTITY_TOKEN_FILE"]),
        role_arn=plain(environ["AWS_ROLE_ARN"]),
        session_name=environ.get("AWS_ROLE_SESSION_NAME") or "minio-sdk",
        verify=_authorities(environ),
    )


def _sections(path: Path) -> list[tuple[str, dict[str, str]]]:
    parser = configparser.RawConfigParser(default_section="\0", interpolation=None)
    try:
        with path.open(encoding="utf-8") as file:
            parser.read_file(file)
    except FileNotFoundError:
        return []
    except (OSError, ValueError, configparser.Error) as error:
        # Not its text: it quotes lines of the file.
        line = getattr(error, "lineno", None)
        where = f", line {line}" if isinstance(line, int) else ""
        raise ConfigurationError(
            f"{str(path)!r} can't be read ({type(error).__name__}{where})"
        ) from None
    return [
        (name, {k: Secret(v) if k in _SECRET else v for k, v in parser.items(name)})
        for name in parser.sections()
    ]


def _profile_name(section: str) -> str | None:
    """The profile of a section of ``~/.aws/config``, where others stand as well."""
    if section == "default":
        return section
    try:
        words = shlex.split(section)
    except ValueError:
        return None
    return words[1] if len(words) == 2 and words[0] == "profile" else None


def _is_sso(profile: Profile) -> bool:
    return "sso_session" in profile or "sso_start_url" in profile


def _static(name: str, profile: Profile) -> Credentials | None:
    access, secret = (profile.get(key) for key in _STATIC)
    if not access and not secret:
        return None
    if not access or not secret:
        missing = _STATIC[1] if access else _STATIC[0]
        raise ConfigurationError(f"profile {name!r}: {missing} is missing")
    token = profile.get("aws_session_token")
    return Credentials(plain(access), Secret(secret), Secret(token) if token else None)


def _duration(name: str, profile: Profile) -> int:
    text = profile.get("duration_seconds")
    if text is None:
        return 3600
    seconds = integer(text)
    if not SHORTEST <= seconds <= LONGEST:
        raise ConfigurationError(
            f"profile {name!r}: duration_seconds={text!r} must be {SHORTEST} to {LONGEST}"
        )
    return seconds

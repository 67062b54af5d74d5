"""The settings that environment variables hold."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from typing import Any

from minio_sdk.errors import ConfigurationError, shown
from minio_sdk.models.secret import Secret


def settings_in(env: Mapping[str, str], but: Container[str]) -> Iterator[tuple[str, str, Any]]:
    """Each field that has a variable, that variable and its value; other fields than `but`.

    Raises:
        ConfigurationError: a variable can't be read as its field.
    """
    for name, parse in _FROM_ENV.items():
        variables = (f"MINIO_{name.upper()}", *AWS_NAMES.get(name, ()))
        variable = next((each for each in variables if env.get(each)), None)
        if variable is not None and name not in but:
            yield name, variable, _parsed(variable, env[variable], parse)


def url_from_env(env: Mapping[str, str]) -> str | None:
    """The server's URL in the environment, several with commas between them, or None."""
    url = env.get("MINIO_ENDPOINT")
    secure = env.get("MINIO_SECURE")
    scheme = "https" if secure and _parsed("MINIO_SECURE", secure, _truth) else "http"
    if url:
        several = [each.strip(" ") for each in url.split(",")]
        return ",".join(each if "://" in each else f"{scheme}://{each}" for each in several)
    if env.get("MINIO_HOST") or env.get("MINIO_PORT"):
        return (
            f"{scheme}://{env.get('MINIO_HOST') or 'localhost'}:{env.get('MINIO_PORT') or '9000'}"
        )
    return env.get("AWS_ENDPOINT_URL_S3") or env.get("AWS_ENDPOINT_URL") or None


def _truth(text: str) -> bool:
    value = text.strip().lower()
    if value in ("1", "true", "yes", "on"):
        return True
    if value in ("0", "false", "no", "off"):
        return False
    raise ValueError("must be true or false")


def _verify(text: str) -> bool | str:
    try:
        return _truth(text)
    except ValueError:
        return text


def _number_in(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError("must be a number") from None


def _integer_in(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError("must be a whole number") from None


def _parsed(variable: str, text: str, parse: Callable[[str], Any]) -> Any:
    try:
        return parse(text)
    except ValueError as error:
        # Only variables that hold no secret are parsed into something else than text.
        raise ConfigurationError(f"{variable}={shown(text)}: {error}") from None


AWS_NAMES: dict[str, tuple[str, ...]] = {
    "region": ("AWS_REGION", "AWS_DEFAULT_REGION"),
    "verify": ("AWS_CA_BUNDLE",),
}
"""What AWS's tools call a field."""
_FROM_ENV: dict[str, Callable[[str], Any]] = {
    "access_key": str,
    "secret_key": Secret,
    "session_token": Secret,
    "region": str,
    "bucket": str,
    "api": str,
    "tenancy": str,
    "shared_bucket": str,
    "addressing": str,
    "public_url": str,
    "verify": _verify,
    "allow_sse_c_over_http": _truth,
    "cert": str,
    "state_dir": str,
    "user_agent": str,
    "expected_bucket_owner": str,
    **dict.fromkeys(
        (
            "max_retries",
            "pool_size",
            "part_size",
            "multipart_threshold",
            "memory_budget",
            "low_speed_limit",
        ),
        _integer_in,
    ),
    **dict.fromkeys(
        (
            "timeout",
            "base_delay",
            "max_delay",
            "jitter",
            "deadline",
            "connect_timeout",
            "low_speed_time",
        ),
        _number_in,
    ),
}

"""What each attempt carries: host, tenant, date and signature, at the server's time."""

from __future__ import annotations

from email.utils import formatdate
from typing import Any

import pytest

from minio_sdk import Config, Credentials
from minio_sdk.credentials import find_credentials
from minio_sdk.signing import Signing, Skew
from minio_sdk.wire.message import EMPTY_SHA256, Reply, Request
from tests.clock import FakeClock

NOW = 1_700_000_000.0  # 2023-11-14T22:13:20Z


def signing(
    url: str = "http://localhost:9000", tenant: str | None = "acme", **fields: Any
) -> Signing:
    config = Config(url, tenant, **{"access_key": "AK", "secret_key": "s", **fields})
    return Signing(config, find_credentials(config, {}), FakeClock(NOW), Skew())


def test_an_attempt_carries_host_tenant_date_and_signature() -> None:
    headers = signing().headers(Request("GET", "/acme-docs/k", headers={"range": "bytes=0-1"}))
    authorization = headers.pop("authorization")
    assert headers == {
        "host": "localhost:9000",
        "range": "bytes=0-1",
        "user-agent": "minio-enterprise-sdk",
        "accept-encoding": "identity",
        "x-tenant-id": "acme",
        "x-amz-date": "20231114T221320Z",
        "x-amz-content-sha256": EMPTY_SHA256,
    }
    assert "Credential=AK/20231114/us-east-1/s3/aws4_request" in authorization
    names = "host;range;x-amz-content-sha256;x-amz-date;x-tenant-id"
    assert f"SignedHeaders={names}," in authorization


def test_the_tenant_is_inside_the_signature() -> None:
    request = Request("GET", "/")
    one, other = signing(tenant="a").headers(request), signing(tenant="b").headers(request)
    assert one["authorization"] != other["authorization"]


def test_a_uuid_is_sent_in_its_one_spelling() -> None:
    upper = "0F8FAD5B-D9CB-469F-A165-70867728950E"
    assert signing(tenant=upper).headers(Request("GET", "/"))["x-tenant-id"] == upper.lower()


def test_without_tenancy_there_is_no_header() -> None:
    headers = signing(tenant=None).headers(Request("GET", "/"))
    assert "x-tenant-id" not in headers
    assert "x-tenant-id" not in headers["authorization"]


def test_a_request_can_t_bring_another_tenant_or_agent() -> None:
    brought = {"x-tenant-id": "other", "user-agent": "me", "accept-encoding": "gzip"}
    headers = signing().headers(Request("GET", "/", headers=brought))
    assert headers["x-tenant-id"] == "acme"
    assert headers["accept-encoding"] == "identity"


def test_a_request_without_credentials_or_need_of_them_is_not_signed() -> None:
    anonymous = signing("https://s3.example.com", access_key=None, secret_key=None)
    for headers in (
        anonymous.headers(Request("GET", "/")),
        signing().headers(Request("GET", "/", signed=False)),
    ):
        assert not [name for name in headers if name.startswith(("authorization", "x-amz-"))]
        assert headers["x-tenant-id"] == "acme"


def test_the_base_path_is_signed_with_the_request_s() -> None:
    below = signing("http://h/base").headers(Request("GET", "/b/k"))
    beside = signing("http://h").headers(Request("GET", "/base/b/k"))
    assert below == beside


def test_a_signer_is_kept_as_long_as_its_keys_are_in_force() -> None:
    keys = [Credentials("one", "s"), Credentials("two", "s")]
    rotating = signing(access_key=None, secret_key=None, credentials=lambda: keys[0])
    first = rotating.signer_of(keys[0])
    assert rotating.signer_of(keys[0]) is first
    keys.pop(0)
    second = rotating.signer_of(keys[0])
    assert second.credentials.access_key == "two"
    assert "Credential=two/" in rotating.headers(Request("GET", "/"))["authorization"]


def date(seconds: float) -> dict[str, str]:
    return {"date": formatdate(NOW + seconds, usegmt=True)}


@pytest.mark.parametrize("code", ["RequestTimeTooSkewed", None])
def test_a_clock_that_is_off_is_set_by_the_server_s(code: str | None) -> None:
    own = signing()
    assert own.learn_skew(Reply(403, date(3600)), code, 0.0)
    assert own.now() == NOW + 3600
    assert own.headers(Request("GET", "/"))["x-amz-date"] == "20231114T231320Z"
    # The next refusal is not for the clock.
    assert not own.learn_skew(Reply(403, date(3600)), code, own.skew.seconds)


@pytest.mark.parametrize(
    "status, headers, code",
    [
        (403, date(3600), "AccessDenied"),
        (403, date(3600), "SignatureDoesNotMatch"),
        (404, date(3600), None),
        (403, date(60), None),
        (403, date(-60), "RequestTimeTooSkewed"),
        (403, {}, "RequestTimeTooSkewed"),
        (403, {"date": "yesterday"}, "RequestTimeTooSkewed"),
    ],
)
def test_no_other_answer_moves_the_clock(
    status: int, headers: dict[str, str], code: str | None
) -> None:
    own = signing()
    assert not own.learn_skew(Reply(status, headers), code, 0.0)
    assert own.now() == NOW


@pytest.mark.parametrize("seconds", [26 * 3600, -26 * 3600, 10 * 365 * 86400])
def test_a_date_that_can_t_be_is_not_believed(seconds: float) -> None:
    own = signing()
    assert not own.learn_skew(Reply(403, date(seconds)), "RequestTimeTooSkewed", 0.0)
    assert own.now() == NOW


def test_a_date_that_was_a_lie_is_taken_back_and_not_believed_again() -> None:
    own = signing()
    lie = Reply(403, date(7200))
    assert own.learn_skew(lie, "RequestTimeTooSkewed", 0.0)
    # Signed by that very date, it is refused for its time.
    assert not own.learn_skew(lie, "RequestTimeTooSkewed", own.skew.seconds)
    assert own.now() == NOW
    assert not own.learn_skew(lie, "RequestTimeTooSkewed", 0.0)
    # Another date may be true, and in time this one.
    assert own.learn_skew(Reply(403, date(-7200)), "RequestTimeTooSkewed", 0.0)
    own.skew.seconds = 0.0
    own.clock.sleep(900)
    assert own.learn_skew(lie, "RequestTimeTooSkewed", 0.0)


def test_what_a_head_has_led_to_believe_costs_one_more_try() -> None:
    own = signing()
    lie = Reply(403, date(7200))
    assert own.learn_skew(lie, None, 0.0)  # it was refused for another reason
    assert not own.learn_skew(lie, None, own.skew.seconds)
    assert own.learn_skew(lie, "RequestTimeTooSkewed", own.skew.seconds)
    assert own.now() == NOW


def test_another_service_than_s3_has_its_own_scope() -> None:
    of = signing()
    headers = of.headers(Request("POST", "/", body=b"Action=ListUsers", service="iam"))
    assert "/20231114/us-east-1/iam/aws4_request" in headers["authorization"]
    headers = of.headers(Request("GET", "/"))
    assert "/20231114/us-east-1/s3/aws4_request" in headers["authorization"]

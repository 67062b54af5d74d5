"""`Config.base_url` and `public_url`: one canonical form, and nothing else taken or shown."""

from __future__ import annotations

import pickle
import traceback
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from minio_sdk import Config, ConfigurationError
from minio_sdk.wire.url import parse_endpoint
from tests.strategies import MODERATE
from tests.test_config import CANARY, URL, make, refusal


@pytest.mark.parametrize("name", ["base_url", "public_url"])
@pytest.mark.parametrize(
    "given, kept",
    [
        ("http://localhost:9000", "http://localhost:9000"),
        ("http://localhost:9000/", "http://localhost:9000"),
        ("HTTP://LocalHost:9000", "http://localhost:9000"),
        ("http://h:80", "http://h"),
        ("https://h:443", "https://h"),
        ("https://h:80", "https://h:80"),
        ("http://h:", "http://h"),
        ("http://h:65535", "http://h:65535"),
        ("http://h.", "http://h."),
        ("http://a_b.example", "http://a_b.example"),
        ("http://127.0.0.1", "http://127.0.0.1"),
        ("http://[::1]", "http://[::1]"),
        ("http://[2001:DB8::1]:9000", "http://[2001:db8::1]:9000"),
        ("http://[::ffff:10.0.0.1]", "http://[::ffff:10.0.0.1]"),
        ("http://[fe80::1%25eth0]:1", "http://[fe80::1%25eth0]:1"),
        ("http://h/base/path//", "http://h/base/path"),
        ("http://h/a.b-c_d~e/", "http://h/a.b-c_d~e"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("http://例え.テスト:9000", "http://xn--r8jz45g.xn--zckzah:9000"),
    ],
)
def test_an_address_is_kept_in_its_canonical_form(name: str, given: str, kept: str) -> None:
    assert getattr(make(**{name: given}), name) == kept


SCHEME = "must begin with http:// or https://"
HOST = "the host name is missing or has a character that hosts can't have"
PATH = "the path must be letters, digits, '-', '.', '_', '~' and '/'"
ADDRESSES = [
    ("localhost:9000", SCHEME),
    ("localhost", SCHEME),
    ("//localhost:9000", SCHEME),
    ("ftp://h", SCHEME),
    ("s3://bucket", SCHEME),
    ("http:h", SCHEME),
    ("http:/h", SCHEME),
    ("http://", SCHEME),
    ("http:///path", SCHEME),
    ("file:///etc/passwd", SCHEME),
    ("http://:9000", HOST),
    ("http://a%2fb", HOST),
    ("http://a\\b", HOST),
    ("http://..", HOST),
    ("http://a..b", HOST),
    ("http://.a", HOST),
    (f"http://{'a' * 64}", HOST),
    ("http://h:99999", "is not a URL"),
    ("http://h:port", "is not a URL"),
    ("http://h:-1", "is not a URL"),
    ("http://::1", "is not a URL"),
    ("http://[::1", "is not a URL"),
    ("http://h:0", "the port must be 1 to 65535"),
    ("http://h/a b", "must not have blanks or control characters"),
    (" http://h", "must not have blanks or control characters"),
    ("http://h\n", "must not have blanks or control characters"),
    ("http://h\r\nX-Evil: 1", "must not have blanks or control characters"),
    ("http://h/\0", "must not have blanks or control characters"),
    ("http://h/\u2028", "must not have blanks or control characters"),
    ("http://h/a%2fb", PATH),
    ("http://h/a/../b", PATH),
    ("http://h/./b", PATH),
    ("http://h/ä", PATH),
    ("http://h/a;b", PATH),
    (f"http://{'ü' * 64}.de", "can't be written in ASCII (IDNA)"),
    ("http://ü..de", "can't be written in ASCII (IDNA)"),
]


@pytest.mark.parametrize("name", ["base_url", "public_url"])
@pytest.mark.parametrize("value, rule", ADDRESSES)
def test_what_is_no_address_is_refused_with_the_rule(name: str, value: str, rule: str) -> None:
    told = refusal(**{name: value})
    assert told.startswith(f"{name}={value!r}"[:90])
    assert rule in told


@pytest.mark.parametrize(
    "value", ["http://[v1.abc]", "http://[abc]", "http://[1.2.3.4]", "http://[]"]
)
def test_only_an_ipv6_address_stands_in_brackets(value: str) -> None:
    told = refusal(base_url=value)
    assert HOST in told or SCHEME in told or "is not a URL" in told


@pytest.mark.parametrize("value", ["", None, 5, URL.encode(), {"http://h"}, [["http://h"]]])
def test_an_address_is_text(value: Any) -> None:
    assert "base_url: must be a URL such as 'http://localhost:9000'" in refusal(base_url=value)


@pytest.mark.parametrize(
    "value",
    [
        f"http://user:{CANARY}@h",
        f"http://{CANARY}@h",
        f"user:{CANARY}@h:9000",
        f"http://h/@{CANARY}",
        f"http://user:{CANARY} @h\n",
        f"http://[user:{CANARY}@h",
        f"http://user:{CANARY}@h".encode(),
        [f"http://user:{CANARY}@h"],
    ],
)
def test_a_name_and_password_in_an_address_are_refused_and_not_shown(value: Any) -> None:
    for name in ("base_url", "public_url"):
        with pytest.raises(ConfigurationError, match=f"^{name}: must ") as caught:
            make(**{name: value})
        assert CANARY not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("mark", ["?X-Amz-Signature=", "/b/k?X-Amz-Signature=", "#", "?\n", "/?a#"])
def test_what_stands_behind_an_address_is_refused_and_not_shown(mark: str) -> None:
    told = refusal(base_url=f"http://h{mark}{CANARY}")
    assert "must not have a query or fragment" in told
    assert "'http://h" in told
    assert CANARY not in told


@MODERATE
@given(
    st.text(
        st.sampled_from("htps:/@[]?#%.aA09-_é\u3002\uff0f\uff20 \n") | st.characters(), max_size=20
    )
    | st.from_regex(r"https?://[a-z0-9.:\[\]%é-]{1,15}(/[a-z./]{0,5})?", fullmatch=True)
)
@example("http://a\uff0f@b")
@example("http://a\u2100b")
def test_any_text_is_an_address_that_means_one_server_or_is_refused(text: str) -> None:
    try:
        config = Config(text, None)
    except ConfigurationError as error:
        assert str(error).isprintable()
        return
    url = config.endpoints[0]
    assert Config(url, None).base_url == url
    assert url.isascii()
    endpoint = parse_endpoint(url)
    assert endpoint.host
    assert 1 <= endpoint.port <= 65535
    assert url == endpoint.origin + endpoint.path


def test_several_addresses_are_one_store_s_endpoints() -> None:
    urls = ("https://a:9000", "https://b", "https://c/base")
    config = Config(list(urls), "acme")
    assert config.base_url == config.endpoints == urls
    assert config == Config("HTTPS://A:9000/, https://b:443,https://c/base", "acme")
    assert config == pickle.loads(pickle.dumps(config))
    assert hash(config) == hash(Config(urls, "acme"))
    assert config.with_(timeout=5).endpoints == urls
    assert config.with_(base_url="https://d").endpoints == ("https://d",)
    assert repr(urls) in repr(config)
    one = Config(["http://h"], None)
    assert (one.base_url, one.endpoints) == ("http://h", ("http://h",))
    environ = {"MINIO_ENDPOINT": "a:9000, b", "MINIO_SECURE": "1"}
    assert Config.from_env(environ).endpoints == ("https://a:9000", "https://b")


@pytest.mark.parametrize(
    "value, rule",
    [
        ([], "base_url: must be a URL, or several; there is none"),
        ((), "base_url: must be a URL, or several; there is none"),
        ("http://a,", "base_url[1]: must be a URL"),
        ("http://a,b", "base_url[1]='b': must begin with http:// or https://"),
        (["http://a", None], "base_url[1]: must be a URL"),
        (["http://a", "http://A/"], "base_url[1]='http://a': is there twice"),
        (["https://a", "http://b"], "base_url[1]='http://b': must have the scheme of the first"),
        ([f"http://h{n}" for n in range(101)], "base_url: 101 URLs; at most 100 can be"),
    ],
)
def test_several_addresses_that_can_t_be(value: Any, rule: str) -> None:
    assert refusal(base_url=value).startswith(rule)

"""XML by declaration: what is written is read back, and nothing but XML of S3's kind is read."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
import types
import typing
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import minio_sdk.operations
from minio_sdk.operation import Operation
from minio_sdk.operations.buckets import BucketPage, ListBucketsAnswer, ListedBucket
from minio_sdk.operations.multipart import UploadsPage
from minio_sdk.wire.listing import read_listing
from minio_sdk.wire.xml import (
    NAMESPACE,
    XmlError,
    escape,
    parse,
    read,
    writable,
    write,
    xml,
)
from tests.strategies import FEW, MANY, MODERATE, anything, moments, xml_text


@dataclass(frozen=True)
class Owner:
    """An element below another."""

    id: str = field(metadata=xml("ID"))
    display_name: str | None = None


@dataclass(frozen=True)
class Everything:
    """A model with a field of each kind that a declaration can say."""

    name: str
    size: int
    when: datetime
    on: bool
    share: float
    owner: Owner
    maybe_owner: Owner | None = None
    maybe: str | None = None
    maybe_size: int | None = None
    maybe_on: bool | None = None
    maybe_when: datetime | None = None
    tags: tuple[str, ...] = field(default=(), metadata=xml("TagSet/Tag"))
    owners: tuple[Owner, ...] = field(default=(), metadata=xml("Grants/List/Grantee"))
    first: str | None = field(default=None, metadata=xml("Filter/And/Prefix"))
    second: tuple[str, ...] = field(default=(), metadata=xml("Filter/And/Tag"))
    third: str | None = field(default=None, metadata=xml("Filter/Suffix"))
    days: tuple[datetime, ...] = field(default=(), metadata=xml("Day"))


def models() -> list[type[Any]]:
    """Every dataclass that an operation's documents are made of."""
    found: list[type[Any]] = [Everything]
    for info in pkgutil.iter_modules(minio_sdk.operations.__path__, "minio_sdk.operations."):
        module = importlib.import_module(info.name)
        found += [
            value
            for value in vars(module).values()
            if isinstance(value, type)
            and dataclasses.is_dataclass(value)
            and value.__module__ == info.name
            and not issubclass(value, Operation)
            # What ListBuckets gives to its caller; it is made of records, not of elements.
            and value is not BucketPage
        ]
    return found


_PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: xml_text,
    int: st.integers(-(10**18), 10**18),
    bool: st.booleans(),
    float: st.floats(allow_nan=False),
    datetime: moments,
}


def instances(cls: type[Any]) -> st.SearchStrategy[Any]:
    """Any instance of a model."""
    hints = typing.get_type_hints(cls)
    return st.builds(cls, **{f.name: _values(hints[f.name]) for f in dataclasses.fields(cls)})


def _values(hint: Any) -> st.SearchStrategy[Any]:
    if typing.get_origin(hint) is tuple:
        return st.lists(_values(typing.get_args(hint)[0]), max_size=3).map(tuple)
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        (inner,) = (part for part in typing.get_args(hint) if part is not type(None))
        return st.none() | _values(inner)
    return _PLAIN[hint] if hint in _PLAIN else instances(hint)


# -- both ways -------------------------------------------------------------------------------------


def test_every_operation_s_documents_are_among_the_models() -> None:
    assert {ListBucketsAnswer, ListedBucket, UploadsPage} < set(models())


@pytest.mark.parametrize("model", models(), ids=lambda model: model.__name__)
@FEW
@given(data=st.data())
def test_what_is_written_is_read_back(model: type[Any], data: st.DataObject) -> None:
    instance = data.draw(instances(model))
    assert read(model, write(instance, "Root")) == instance


def test_a_document_is_declared_and_in_the_namespace_of_s3() -> None:
    owner = Owner("a<b>&\"'", "x\r\ny\tz")
    assert write(owner, "Owner") == (
        b'<?xml version="1.0" encoding="UTF-8"?>\n'
        b'<Owner xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        b"<ID>a&lt;b&gt;&amp;\"'</ID><DisplayName>x&#13;&#10;y&#9;z</DisplayName></Owner>"
    )


def test_none_and_nothing_are_left_out_and_an_empty_text_is_not() -> None:
    assert b"DisplayName" not in write(Owner("a"), "Owner")
    assert b"<DisplayName></DisplayName>" in write(Owner("a", ""), "Owner")
    answer = ListBucketsAnswer()
    assert b"Buckets" not in write(answer, "Root")


def test_fields_of_one_wrapper_share_it() -> None:
    @dataclass(frozen=True)
    class Rule:
        prefix: str = field(metadata=xml("Filter/And/Prefix"))
        tags: tuple[str, ...] = field(metadata=xml("Filter/And/Tag"))
        suffix: str = field(metadata=xml("Filter/Suffix"))
        status: str = "Enabled"

    text = write(Rule("p", ("a", "b"), "s"), "Rule").decode().partition(f'"{NAMESPACE}">')[2]
    assert text == (
        "<Filter><And><Prefix>p</Prefix><Tag>a</Tag><Tag>b</Tag></And><Suffix>s</Suffix></Filter>"
        "<Status>Enabled</Status></Rule>"
    )


def test_a_date_is_written_in_utc_to_the_microsecond_in_any_year() -> None:
    @dataclass(frozen=True)
    class Dated:
        when: datetime

    summer = timezone(timedelta(hours=2))
    document = write(Dated(datetime(33, 4, 3, 15, 0, 0, 7, summer)), "Root")
    assert b"<When>0033-04-03T13:00:00.000007Z</When>" in document
    assert read(Dated, document).when == datetime(33, 4, 3, 13, 0, 0, 7, timezone.utc)


# -- reading ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "document",
    [
        b"<Owner><ID>1</ID><DisplayName>n</DisplayName></Owner>",
        b'<?xml version="1.0"?>\r\n <Owner>\n <ID>1</ID>\t<DisplayName>n</DisplayName></Owner>\n\n',
        b'<Owner xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><ID>1</ID>'
        b"<DisplayName>n</DisplayName></Owner>",
        b'<s3:Owner xmlns:s3="urn:any"><s3:ID>1</s3:ID><s3:DisplayName>n</s3:DisplayName></s3:Owner>',
        b'<Owner xmlns:xsi="urn:x" xsi:type="CanonicalUser"><ID a="b">1</ID>'
        b"<DisplayName><![CDATA[n]]></DisplayName></Owner>",
        b"<Owner><New><ID>9</ID></New><ID>1</ID><!-- n --><?pi n?><DisplayName>n</DisplayName></Owner>",
        b"\xef\xbb\xbf<Owner><ID>1</ID><DisplayName>&#110;</DisplayName></Owner>",
    ],
    ids=["bare", "blanks", "namespace", "prefix", "attributes", "unknown", "mark"],
)
def test_a_document_is_read_in_every_form_that_servers_give_it(document: bytes) -> None:
    assert read(Owner, document) == Owner("1", "n")


def test_a_carriage_return_written_as_a_reference_is_kept() -> None:
    assert parse(b"<a>x&#13;y\r\nz</a>").text == "x\ry\nz"


def test_the_first_of_two_elements_counts_where_one_is_declared() -> None:
    assert read(Owner, b"<Owner><ID>1</ID><ID>2</ID></Owner>").id == "1"


@pytest.mark.parametrize(
    "text, value", [("true", True), ("TRUE", True), (" 1 ", True), ("false", False), ("", False)]
)
def test_a_truth_is_read_in_every_spelling(text: str, value: bool) -> None:
    document = f"<R><IsTruncated>{text}</IsTruncated></R>".encode()
    assert read(UploadsPage, document).is_truncated is value


@pytest.mark.parametrize(
    "element, complaint",
    [
        ("<Size>many</Size>", "<Size> has 'many', not int"),
        ("<Size></Size>", "<Size> has '', not int"),
        (f"<Size>{'9' * 5000}</Size>", "not int"),
        ("<When>yesterday</When>", "<When> has 'yesterday', not datetime"),
        ("<On>perhaps</On>", "<On> has 'perhaps', not bool"),
        ("<Share>1,5</Share>", "<Share> has '1,5', not float"),
        ("<Owner/>", "<Owner> has no <ID>"),
        ("<Day>never</Day>", "<Day> has 'never', not datetime"),
        ("", "<R> has no <"),
    ],
)
def test_an_element_that_is_not_what_it_should_be_is_named(element: str, complaint: str) -> None:
    known = {
        "Name": "<Name/>",
        "Size": "<Size>1</Size>",
        "When": "<When>2020-01-01T00:00:00Z</When>",
        "On": "<On>true</On>",
        "Share": "<Share>1</Share>",
        "Owner": "<Owner><ID/></Owner>",
    }
    assert read(Everything, f"<R>{''.join(known.values())}</R>".encode()).size == 1
    known = {} if not element else known | {element[1:].partition(">")[0].rstrip("/"): element}
    with pytest.raises(XmlError) as caught:
        read(Everything, f"<R>{''.join(known.values())}</R>".encode())
    assert complaint in str(caught.value)
    assert len(str(caught.value)) < 200


def test_a_date_that_may_be_missing_may_be_unreadable_too() -> None:
    document = (
        b"<R><Buckets><Bucket><Name>a</Name><CreationDate>x</CreationDate></Bucket></Buckets></R>"
    )
    assert read(ListBucketsAnswer, document).buckets == (ListedBucket("a", None),)


# -- refusing --------------------------------------------------------------------------------------

LAUGHS = b"""<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">]>
<lolz>&lol2;</lolz>"""


@pytest.mark.parametrize("reader", [parse, read_listing])
@pytest.mark.parametrize(
    "document",
    [
        LAUGHS,
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        b'<!DOCTYPE a PUBLIC "-//W3C//DTD XHTML 1.0//EN" "http://127.0.0.1/x.dtd"><a/>',
        b"<!DOCTYPE html><html></html>",
    ],
)
def test_a_document_type_is_refused_before_anything_in_it_counts(
    reader: Any, document: bytes
) -> None:
    with pytest.raises(XmlError, match="document type declaration"):
        reader(document)


@pytest.mark.parametrize("reader", [parse, read_listing])
@pytest.mark.parametrize(
    "document",
    [
        b"",
        b" ",
        b"plain",
        b"<a>",
        b"<a></b>",
        b"<a/><b/>",
        b"<a>&undefined;</a>",
        b"<a>\x00</a>",
        b"<a>\x0b</a>",
        b"<a>&#0;</a>",
        b"<a>&#11;</a>",
        b"<a>&#xFFFE;</a>",
        b"<a>&#xD800;</a>",
        b"<a>\xff</a>",
        b"<a>\xed\xa0\x80</a>",
        b'<a b="1" b="2"/>',
        b'{"Error": 1}',
        b"\x1f\x8b\x08",
    ],
)
def test_what_is_not_well_formed_is_refused(reader: Any, document: bytes) -> None:
    with pytest.raises(XmlError, match="not well-formed XML"):
        reader(document)


@pytest.mark.parametrize("encoding", ["utf-8", "big5", "rot13", "nonsense", "utf-16", "zlib_codec"])
def test_no_declared_encoding_chooses_a_decoder(encoding: str) -> None:
    """S3's answers are UTF-8; Python's codecs, of which some raise, are none of a server's business."""
    document = f'<?xml version="1.0" encoding="{encoding}"?><a>é</a>'.encode()
    assert parse(document).text == "é"
    listed = document.replace(b"<a>", b"<ListBucketResult><Contents><Key>")
    listed = listed.replace(b"</a>", b"</Key></Contents></ListBucketResult>")
    assert [item.key for item in read_listing(listed).objects] == ["é"]


SAMPLE = write(
    ListBucketsAnswer((ListedBucket("a&b", datetime.now(timezone.utc), "x"),) * 3, "me", "more"),
    "ListAllMyBucketsResult",
)


def test_a_document_that_breaks_off_anywhere_is_refused() -> None:
    for end in range(len(SAMPLE)):
        with pytest.raises(XmlError):
            read(ListBucketsAnswer, SAMPLE[:end])


def outcome(function: Any, *arguments: Any) -> object:
    """A result, or an `XmlError`; any other exception fails the test."""
    try:
        return function(*arguments)
    except XmlError as error:
        assert len(str(error)) < 300  # a complaint, not the document
        return error


@MANY
@given(st.binary(max_size=60) | st.text(anything, max_size=40).map(str.encode))
@example(b"<a>" * 2000 + b"</a>" * 2000)
@example(b"<" + b"a" * 100_000)
def test_garbage_is_an_xml_error_and_nothing_else(data: bytes) -> None:
    for model in models():
        outcome(read, model, data)
    outcome(read_listing, data)


@MANY
@given(
    at=st.integers(0, len(SAMPLE) - 1),
    cut=st.integers(0, 8),
    put=st.binary(max_size=8) | st.sampled_from([b"<!DOCTYPE a []>", b"&x;", b"</a>", b"<a>"]),
)
def test_a_damaged_document_is_read_or_is_an_xml_error(at: int, cut: int, put: bytes) -> None:
    outcome(read, ListBucketsAnswer, SAMPLE[:at] + put + SAMPLE[at + cut :])


@MODERATE
@given(
    st.recursive(
        st.just(""),
        lambda inner: st.builds(
            lambda tag, a, b: f"<{tag}>{a}{b}</{tag}>",
            st.sampled_from(
                ["Name", "Size", "When", "Owner", "ID", "Part", "Upload", "Key", "TagSet", "Tag"]
            ),
            inner | st.sampled_from(["1", "x", "true"]),
            inner,
        ),
    )
)
def test_elements_in_any_order_are_a_model_or_an_xml_error(inside: str) -> None:
    for model in models():
        found = outcome(read, model, f"<Root>{inside}</Root>".encode())
        assert isinstance(found, (model, XmlError))


def test_depth_costs_no_recursion() -> None:
    depth = 100_000
    node = parse(b"<a>" * depth + b"</a>" * depth)
    for _ in range(depth - 1):
        (node,) = node.children
    assert node.children == []


# -- writing ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("character", ["\0", "\x08", "\x0b", "\x1f", "\ufffe", "\uffff", "\ud800"])
def test_a_character_that_xml_can_t_carry_is_refused(character: str) -> None:
    assert not writable(f"a{character}")
    with pytest.raises(XmlError, match="character that XML can't carry"):
        write(Owner(f"key{character}"), "Owner")


@MODERATE
@given(xml_text)
def test_all_other_text_is_escaped_so_that_a_parser_gives_it_back(text: str) -> None:
    assert writable(text)
    assert parse(f"<a>{escape(text)}</a>".encode()).text == text


@MODERATE
@given(st.text(st.characters(), min_size=1, max_size=5))
def test_what_is_writable_is_what_a_parser_takes(text: str) -> None:
    raw = text.translate({ord("<"): "&lt;", ord("&"): "&amp;", ord(">"): "&gt;"})
    try:
        parse(f"<a>{raw}</a>".encode())
        taken = True
    except (XmlError, UnicodeEncodeError):
        taken = False
    # expat lets the two non-characters of the basic plane through; XML 1.0 (2.2) does not.
    assert writable(text) is (taken and not set(text) & {"\ufffe", "\uffff"})

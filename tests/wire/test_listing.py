"""Listings: names in both encodings, whatever a server puts around them, and nothing else believed."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, asdict, replace
from datetime import datetime, timezone
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from minio_sdk import ObjectInfo
from minio_sdk.wire import columns, listing
from minio_sdk.wire.listing import Beside, Page, read_listing
from minio_sdk.wire.xml import XmlError
from tests.samples import SERVERS, answered
from tests.strategies import HOSTILE, MODERATE, keys, xml_text


def document(inside: str, *, root: str = "ListBucketResult", encoded: bool = False) -> bytes:
    said = "<EncodingType>url</EncodingType>" if encoded else ""
    return f'<{root} xmlns="urn:s3"><Name>b</Name>{said}{inside}</{root}>'.encode()


def entry(key: str) -> str:
    return f"<Contents><Key>{escape(key, {chr(13): '&#13;'})}</Key></Contents>"


def names(page: Page) -> list[str]:
    return [item.key for item in page.objects]


# -- names -----------------------------------------------------------------------------------------


@MODERATE
@given(st.lists(keys, max_size=5))
@example([HOSTILE])
def test_encoded_names_are_decoded_with_a_plus_or_without(wanted: list[str]) -> None:
    """AWS and MinIO write a blank as ``+``, others as ``%20``; a plus is ``%2B`` for all of them."""
    plus = document("".join(entry(quote_plus(key, safe="/")) for key in wanted), encoded=True)
    percent = document("".join(entry(quote(key, safe="")) for key in wanted), encoded=True)
    assert names(read_listing(plus)) == names(read_listing(percent)) == wanted


@MODERATE
@given(st.lists(xml_text, max_size=5))
@example(["a+b", "100%", "%2F", "a%20b", "<&>\r\n"])
def test_names_that_are_not_encoded_stay_as_they_are(wanted: list[str]) -> None:
    assert names(read_listing(document("".join(map(entry, wanted))))) == wanted


def test_only_the_server_s_word_makes_names_encoded() -> None:
    """A server that ignores ``encoding-type=url`` does not say it; an unknown word isn't ``url``."""
    said = "<EncodingType>rot13</EncodingType>"
    assert names(read_listing(document(said + entry("a%2Fb+c")))) == ["a%2Fb+c"]
    # It may say so behind the names as well.
    late = entry("a%2Fb+c") + "<EncodingType>url</EncodingType>"
    assert names(read_listing(document(late))) == ["a/b c"]


@pytest.mark.parametrize("name", ["%ff", "%C3", "%ED%A0%80"])
def test_an_encoded_name_that_is_not_utf_8_is_refused_wherever_it_stands(name: str) -> None:
    places = [
        entry(name),
        f"<CommonPrefixes><Prefix>{name}</Prefix></CommonPrefixes>",
        f"<NextKeyMarker>{name}</NextKeyMarker>",
    ]
    for place in places:
        with pytest.raises(XmlError, match="is not UTF-8 in URL encoding"):
            read_listing(document(place, encoded=True))


@pytest.mark.parametrize("name", ["100%", "%zz", "%", "a%2"])
def test_a_percent_sign_that_encodes_nothing_stays(name: str) -> None:
    assert names(read_listing(document(entry(name), encoded=True))) == [name]


# -- entries ---------------------------------------------------------------------------------------

FULL = """
  <Prefix>a/</Prefix><KeyCount>2</KeyCount><MaxKeys>2</MaxKeys><IsTruncated>true</IsTruncated>
  <NextContinuationToken>to+ken%3D=</NextContinuationToken>
  <Contents>
    <Key>a/1.txt</Key><LastModified>2026-01-02T03:04:05.678Z</LastModified>
    <ETag>&quot;d41d8cd98f00b204e9800998ecf8427e-2&quot;</ETag><Size>5368709121</Size>
    <Owner><ID>me</ID><DisplayName>Me</DisplayName></Owner>
    <ChecksumAlgorithm>CRC32</ChecksumAlgorithm>
    <RestoreStatus><IsRestoreInProgress>false</IsRestoreInProgress></RestoreStatus>
    <StorageClass>STANDARD_IA</StorageClass>
  </Contents>
  <CommonPrefixes><Prefix>a/b/</Prefix></CommonPrefixes>
"""


def test_a_page_tells_its_objects_and_folders_in_order_and_where_the_next_begins() -> None:
    page = read_listing(document(FULL))
    assert page.objects == [
        ObjectInfo(
            key="a/1.txt",
            size=5368709121,
            last_modified=datetime(2026, 1, 2, 3, 4, 5, 678000, timezone.utc),
            etag="d41d8cd98f00b204e9800998ecf8427e-2",
            storage_class="STANDARD_IA",
        ),
        ObjectInfo(key="a/b/", is_prefix=True),
    ]
    assert page.truncated
    assert page.token == "to+ken%3D="  # opaque: never decoded


def test_versions_and_markers_come_in_the_order_of_the_document() -> None:
    versions = """
      <IsTruncated>true</IsTruncated><NextKeyMarker>a+%2B</NextKeyMarker>
      <NextVersionIdMarker>v+1</NextVersionIdMarker>
      <DeleteMarker><Key>a</Key><VersionId>3</VersionId><IsLatest>true</IsLatest></DeleteMarker>
      <Version><Key>a</Key><VersionId>2</VersionId><IsLatest>false</IsLatest><Size>7</Size></Version>
      <Version><Key>a</Key><VersionId>null</VersionId></Version>
    """
    page = read_listing(document(versions, root="ListVersionsResult", encoded=True))
    assert page.objects == [
        ObjectInfo(key="a", version_id="3", is_latest=True, is_delete_marker=True),
        ObjectInfo(key="a", version_id="2", is_latest=False, size=7),
        ObjectInfo(key="a", version_id="null"),
    ]
    assert (page.next_key, page.next_version) == ("a +", "v+1")


def test_an_empty_page_is_the_end() -> None:
    assert read_listing(document("")) == Page()
    assert read_listing(b"<ListBucketResult/>") == Page()


@pytest.mark.parametrize("prefix", ["s3:", "ns0:", "ü:"])
def test_a_prefix_before_every_name_changes_nothing(prefix: str) -> None:
    plain = document(FULL).decode()
    marked = plain.replace("</", "\0").replace("<", "<" + prefix).replace("\0", "</" + prefix)
    marked = marked.replace(" xmlns=", f" xmlns:{prefix[:-1]}=")
    assert read_listing(marked.encode()) == read_listing(plain.encode())


def test_elements_that_nobody_knows_are_passed_over_at_any_depth() -> None:
    strange = (
        "<New><Contents><Key>no</Key></Contents></New>"
        "<Contents><New><Key>no</Key></New><Key>yes</Key><New>no</New></Contents>"
        "<!-- <Contents/> --><?xml-stylesheet href='x'?>"
        "<Contents><Key><![CDATA[<also>]]></Key><Size/></Contents>"
    )
    assert names(read_listing(document(strange))) == ["yes", "<also>"]


@pytest.mark.parametrize("size", ["", "-1", "1.5", "many", "٣", "9" * 21, "9" * 5000, "1_000", " "])
def test_a_size_that_is_no_number_counts_as_nothing(size: str) -> None:
    listing = f"<Contents><Key>a</Key><Size>{size}</Size></Contents>"
    assert read_listing(document(listing)).objects == [ObjectInfo(key="a")]


@pytest.mark.parametrize("date", ["", "yesterday", "2026-13-01T00:00:00Z", "0000-00-00T00:00:00Z"])
def test_a_date_that_is_no_date_counts_as_unknown(date: str) -> None:
    listing = f"<Contents><Key>a</Key><LastModified>{date}</LastModified></Contents>"
    assert read_listing(document(listing)).objects == [ObjectInfo(key="a")]


# -- refusing --------------------------------------------------------------------------------------


@pytest.mark.parametrize("tag", ["Contents", "Version", "DeleteMarker", "CommonPrefixes"])
def test_an_entry_without_a_name_is_refused(tag: str) -> None:
    with pytest.raises(XmlError, match=f"<{tag}> without a name"):
        read_listing(document(f"<{tag}><Size>1</Size></{tag}>"))


@pytest.mark.parametrize(
    "root", ["Error", "ListAllMyBucketsResult", "html", "ListBucketResults", "x" * 5000]
)
def test_another_document_is_not_an_empty_listing(root: str) -> None:
    with pytest.raises(XmlError, match="where a listing should be") as caught:
        read_listing(f"<{root}/>".encode())
    assert len(str(caught.value)) < 150


def test_a_page_that_breaks_off_anywhere_is_refused() -> None:
    whole = document(FULL)
    for end in range(len(whole)):
        with pytest.raises(XmlError):
            read_listing(whole[:end])


def test_a_page_of_a_thousand_keys_is_read_whole() -> None:
    wanted = [f"folder/{number:04}" for number in range(1000)]
    assert names(read_listing(document("".join(map(entry, wanted)), encoded=True))) == wanted


# -- in columns ------------------------------------------------------------------------------------

FRAGMENTS = [
    "<Contents>",
    "</Contents>",
    "<Contents><Key>a</Key><Size>5</Size></Contents>",
    "<Contents><Key>a&amp;b</Key><ETag>&quot;e&quot;</ETag></Contents>",
    "<Contents><Key>b</Key><Owner><ID>x</ID><Key>y</Key></Owner><Size>1</Size></Contents>",
    "<Contents><Key>&#34;&#x41;&#65;</Key></Contents>",
    "<Contents><Key>&nbsp;</Key></Contents>",
    "<Contents><Key>a</Key>text<Key>c</Key> </Contents>",
    "<Contents><Key >a</Key></Contents>",
    "<Contents><Key a='b'>a</Key></Contents>",
    "<Contents><Key><![CDATA[a]]></Key></Contents>",
    "<Contents><!-- <Key>no</Key> --><Key>a</Key></Contents>",
    "<Contents><Key>a</Size></Contents>",
    "<Contents><Key><b>a</b></Key></Contents>",
    "<Contents><Key>\r\n\t</Key></Contents>",
    "<Contents><Key>\x01</Key></Contents>",
    "<Contents><Key>]]></Key></Contents>",
    "<Contents><Key>\uffff</Key></Contents>",
    "<Contents/>",
    "<Owner>",
    "</Owner>",
    "<CommonPrefixes><Prefix>p/</Prefix></CommonPrefixes>",
    "<IsTruncated>true</IsTruncated>",
    "<X",
    ">",
    "&amp;",
    "&",
    "\ufffd",
]


def read_as(data: bytes) -> Page | str:
    try:
        return read_listing(data)
    except XmlError as error:
        return str(error)[:20]


def by_expat(data: bytes) -> Page | str:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(columns, "cut", lambda text: None)
        return read_as(data)


@MODERATE
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=6))
@example(["<X", FRAGMENTS[2], ">"])
@example(["<Contents>", FRAGMENTS[2], "</Contents>"])
@example(["<Contents>", "<Owner>", "</Owner>", "</Contents>"])
@example(["<New>", FRAGMENTS[2], "</New>"])
@example(["<New>", FRAGMENTS[2], "</New>", "<!---->"])
@example(["<?new ", FRAGMENTS[2], "?>", "<!---->"])
@example([FRAGMENTS[2], "<Key>b</Key>", FRAGMENTS[2]])
def test_a_page_reads_the_same_in_columns_and_by_expat(fragments: list[str]) -> None:
    data = document("".join(fragments))
    assert read_as(data) == by_expat(data)


value = st.sampled_from(
    [
        "", "a", "1", "1024", "true", "a/b+c%20d", "%C3%BC", "%C3", "%3Ca", "&amp;", "&#65;", "&x",
        "2026-11-22T01:02:03.004Z", "2026-11-22T01:02:03", "&quot;e&quot;", "&#34;e&#34;", '"e"',
        'W/"e"', '"', '""', "&quot;", '"a"b"', "e", "]]>", "]]", ">", "\r", "\x01", "\u2028", "ü", "\uffff",
        "9" * 21, "0" * 25 + "1", "<b/>", "<Key>x</Key>", "<!-- -->", "<![CDATA[x]]>", " ",
    ]
)  # fmt: skip
elements = st.sampled_from(
    [
        "Key",
        "Size",
        "LastModified",
        "ETag",
        "StorageClass",
        "VersionId",
        "IsLatest",
        "Owner",
        "Prefix",
    ]
)
tags = st.sampled_from(["Contents", "Contents", "Version", "DeleteMarker", "CommonPrefixes"])


@st.composite
def pages(draw: st.DrawFn) -> str:
    """Entries of few shapes, in any order, their values now and then out of the ordinary."""
    shapes = draw(
        st.lists(
            st.tuples(tags, st.lists(elements, min_size=1, max_size=5)), min_size=1, max_size=3
        )
    )
    usual = {name: draw(value) for name in ("Key", "Size", "LastModified", "ETag")}
    text = ""
    for tag, names in draw(st.lists(st.sampled_from(shapes), min_size=1, max_size=6)):
        inside = ""
        for name in ["Prefix" if tag == "CommonPrefixes" else "Key", *names]:
            held = usual[name] if name in usual and draw(st.booleans()) else draw(value)
            inside += f"<{name}>{held}</{name}>"
        text += f"<{tag}>{inside}</{tag}>"
    return text


@MODERATE
@given(pages(), st.booleans())
@example("<Contents><Key>a</Key><Size>5</Size><Size><x>1</x></Size></Contents>", False)
@example("<Version><Key>a</Key><IsLatest><x>true</x></IsLatest></Version>", False)
@example("<Contents><Key>%3C</Key></Contents><Contents><Key>a</Key></Contents>", True)
@example("<Contents><Key>a</Key></Contents><Contents><Key>%C3</Key></Contents>", True)
def test_any_entries_read_the_same_in_columns_and_by_expat(text: str, encoded: bool) -> None:
    data = document(text, encoded=encoded)
    found = read_as(data)
    assert found == by_expat(data)
    if isinstance(found, Page):
        assert [type(item.key) for item in found.objects] == [str] * len(found.objects)


VERSIONS = "".join(
    f"<{tag}><Key>k{n}</Key><ETag>{etag}</ETag><VersionId>{n}</VersionId><IsLatest>true</IsLatest></{tag}>"
    for n, (tag, etag) in enumerate(
        [("Version", '"e"'), ("DeleteMarker", ""), ("Version", '"f"')] * 2
    )
)
FOLDERS = FRAGMENTS[2] * 2 + "<CommonPrefixes><Prefix>p/</Prefix></CommonPrefixes>" * 2


@pytest.mark.parametrize("text", [FRAGMENTS[n] * 3 for n in (2, 3, 4)] + [VERSIONS, FOLDERS])
def test_a_page_as_servers_write_it_is_read_in_columns(text: str) -> None:
    assert listing._cut(document(text)) is not None


@pytest.mark.parametrize("origin", SERVERS)
@pytest.mark.parametrize(
    "sample",
    ["ListObjectsV2", "ListObjectsV2-folders", "ListObjectVersions", "ListObjectVersions-folders"],
)
def test_a_recorded_page_is_read_in_columns(origin: str, sample: str) -> None:
    body = answered(sample, origin).body
    # moto has other elements between objects and folders.
    assert (listing._cut(body) is None) == (origin == "moto" and sample.endswith("-folders"))
    assert read_as(body) == by_expat(body)


def test_what_is_made_in_columns_is_as_what_is_made_one_by_one() -> None:
    """In every way that a record has."""
    text = "<Key>a</Key><Size>5</Size><LastModified>2026-11-22T01:02:03Z</LastModified>"
    (item,) = read_listing(document(f"<Contents>{text}</Contents>")).objects
    same = ObjectInfo(
        key="a", size=5, last_modified=datetime(2026, 11, 22, 1, 2, 3, tzinfo=timezone.utc)
    )
    assert (item, hash(item), repr(item), dict(item)) == (same, hash(same), repr(same), dict(same))
    assert asdict(item) == asdict(same)
    assert pickle.loads(pickle.dumps(item)) == copy.copy(item) == copy.deepcopy(item) == same
    assert replace(item, key="b") == replace(same, key="b")
    with pytest.raises(FrozenInstanceError):
        item.key = "b"  # type: ignore[misc]


# -- what MinIO tells besides ----------------------------------------------------------------------

TOKENS = st.text("!#$%'*+.^_`|~-0123456789abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=20)


def told(metadata: dict[str, str]) -> str:
    inside = "".join(
        f"<X-Amz-Meta-{name}>{escape(value)}</X-Amz-Meta-{name}>"
        for name, value in metadata.items()
    )
    return (
        "<Contents><Key>a</Key><UserMetadata><content-type>text/plain</content-type>"
        f"{inside}</UserMetadata><Internal><K>1</K><Key>no</Key></Internal></Contents>"
    )


@MODERATE
@given(st.dictionaries(TOKENS, st.text("ab <&>=\"'/", max_size=9), max_size=3))
@example({"a+b": "</UserMetadata><Key>b</Key>", "key": "k", "user": "in-hex.00"})
def test_metadata_has_any_name_and_value(metadata: dict[str, str]) -> None:
    """Elements of any name, which no parser of XML would take, and nothing of them is taken for more."""
    page = read_listing(document(told(metadata) + entry("z")), Beside(metadata=True))
    first, last = page.objects
    assert (first.key, last.key) == ("a", "z")
    assert first.metadata == metadata
    assert first.content_type == "text/plain"
    assert (first.owner_id, last.metadata) == (None, None)


def test_what_was_not_asked_for_is_not_told() -> None:
    """A server may tell of owners all the same; then entries stay as they are for all servers."""
    owner = "<Owner><ID>1</ID><DisplayName>Ada</DisplayName></Owner>"
    data = document(f"<Contents><Key>a</Key>{owner}</Contents>" + told({"a": "b"}))
    for page in (read_listing(data), read_listing(data, Beside())):
        assert page.objects == [ObjectInfo(key="a")] * 2
    first, second = read_listing(data, Beside(owner=True)).objects
    assert first == ObjectInfo(key="a", owner_id="1", owner_name="Ada")
    assert second == ObjectInfo(key="a")


def test_what_was_not_asked_for_is_none_in_every_way() -> None:
    """Nothing has filled these slots; whoever has such an object can't tell."""
    plain = document("<Contents><Key>a</Key><Size>1</Size></Contents>")
    same = ObjectInfo(key="a", size=1)
    for name in asdict(same):
        assert read_listing(plain).objects[0][name] == same[name]
    (item,) = read_listing(plain).objects
    assert (item.owner_id, item.owner_name) == (item.content_type, item.tags) == (None, None)
    assert (item.metadata, item.is_latest) == (None, None)
    assert (repr(item), hash(item), dict(item)) == (repr(same), hash(same), dict(same))
    for other in (copy.copy(item), copy.deepcopy(item), pickle.loads(pickle.dumps(item)), item):
        assert other == same
    assert replace(item, tags={"a": "b"}).tags == {"a": "b"}
    assert not hasattr(item, "owner")
    with pytest.raises(
        AttributeError, match="'ObjectInfo' object has no attribute 'sise'"
    ) as caught:
        _ = item.sise  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
    assert caught.value.name == "sise"
    version = "<Version><Key>a</Key><IsLatest>true</IsLatest></Version>"
    (found,) = read_listing(document(version, root="ListVersionsResult")).objects
    assert (found.owner_id, found.is_latest) == (None, True)  # the one doesn't undo the other


@pytest.mark.parametrize(
    "member, metadata",
    [
        ("<X-Amz-Meta-A/>", {"a": ""}),
        ("<X-Amz-Meta-A><![CDATA[<b>]]></X-Amz-Meta-A>", {"a": "<b>"}),
        ('<X-Amz-Meta-A b="c">1</X-Amz-Meta-A >', {"a": "1"}),
        ("<X-Amz-Meta-A+b>1</X-Amz-Meta-A+b><X-Amz-Meta-C/>", {"a+b": "1", "c": ""}),
    ],
)
def test_metadata_in_other_xml_than_minio_writes(member: str, metadata: dict[str, str]) -> None:
    """What is left out would look as if it weren't there."""
    inside = f"<Contents><Key>a</Key><UserMetadata>{member}</UserMetadata></Contents>"
    (item,) = read_listing(document(inside), Beside(metadata=True)).objects
    assert item.metadata == metadata


def test_metadata_that_plays_our_names_is_no_listing() -> None:
    inside = "<Contents><Key>a</Key><UserMetadata><in-hex.zz/></UserMetadata></Contents>"
    with pytest.raises(XmlError, match="in-hex.zz> is no name"):
        read_listing(document(inside), Beside(metadata=True))

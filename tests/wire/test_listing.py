"""Listings: names in both encodings, whatever a server puts around them, and nothing else believed."""

from __future__ import annotations

from datetime import datetime, timezone
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from minio_sdk import ObjectInfo
from minio_sdk.wire import listing
from minio_sdk.wire.listing import Page, read_listing
from minio_sdk.wire.xml import XmlError
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


# -- by pattern ------------------------------------------------------------------------------------

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


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=6))
@example(["<X", FRAGMENTS[2], ">"])
@example(["<Contents>", FRAGMENTS[2], "</Contents>"])
@example(["<Contents>", "<Owner>", "</Owner>", "</Contents>"])
def test_a_page_reads_the_same_by_pattern_and_by_expat(fragments: list[str]) -> None:
    data = document("".join(fragments))
    found = read_as(data)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(listing, "_plain_contents", lambda data: None)
        assert read_as(data) == found


def test_a_page_as_servers_write_it_is_read_by_pattern() -> None:
    for fragment in FRAGMENTS[2:5]:
        assert listing._plain_contents(document(fragment * 3)) is not None

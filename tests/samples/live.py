"""What the samples of answers that are read while they come are asked."""

from __future__ import annotations

from minio_sdk.models.select import CsvInput, JsonOutput
from minio_sdk.operation import Place
from minio_sdk.operations.listen_notification import ListenNotification
from minio_sdk.operations.select_object_content import SelectObjectContent
from tests.samples import KEY

LIVE = Place("live", "acme-live", "", "/acme-live")
PEOPLE = b"name,age\nAda,36\nAlan,41\n"
SELECT = SelectObjectContent(
    LIVE,
    KEY,
    "SELECT s.name FROM s3object s WHERE s.age = '41'",
    CsvInput(file_header_info="USE", compression_type="NONE"),
    JsonOutput(),
    progress=True,
)
LISTEN = ListenNotification(
    LIVE, ("s3:ObjectCreated:*", "s3:ObjectRemoved:Delete"), "a b/", ".jpg", 2
)

"""A folder of reports: mirrored up, changed, mirrored again, fetched in one go, and cleared."""

import tempfile
from pathlib import Path

from minio_sdk import Config, MinIOClient

with (
    MinIOClient(Config.from_env(tenant_id="acme-bulk")) as client,
    tempfile.TemporaryDirectory() as folder,
):
    reports = Path(folder, "reports")
    reports.mkdir()
    for number in range(20):
        (reports / f"report-{number:02}.csv").write_text(f"day,{number}\n")

    first = client.mirror(reports, "minio://docs/reports", delete=True)
    (reports / "report-07.csv").write_text("day,seven, corrected\n")
    (reports / "report-19.csv").unlink()
    second = client.mirror(reports, "minio://docs/reports", delete=True)
    print(f"{len(first.copied)} copied, then {second.copied} and {second.deleted} deleted")

    names = client.list_objects("docs", "reports/")
    fetched = client.download_many(names, bucket="docs")
    print(f"{fetched.succeeded} fetched, {fetched.bytes} bytes, {fetched.failed} failed")
    for error in fetched.errors:
        print(error)

    print("cleared" if client.delete_many(names, bucket="docs") else "not all cleared")

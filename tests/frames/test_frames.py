"""Tables and arrays by their own libraries, with ``minio://`` in the place of a path."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest

from minio_sdk.fs import MinIOFileSystem


def test_pandas(files: MinIOFileSystem, options: dict[str, Any]) -> None:
    pandas: Any = import_module("pandas")
    frame = pandas.DataFrame({"a": [1, 2, 3], "b": ["x", "ü", ""]})
    for name, compression in (("t.csv", None), ("t.csv.gz", "gzip")):
        path = f"minio://docs/frames/{name}"
        frame.to_csv(path, index=False, storage_options=options)
        read = pandas.read_csv(path, keep_default_na=False, storage_options=options)
        pandas.testing.assert_frame_equal(read, frame)
        assert files.cat_file(path)[:2] == (b"\x1f\x8b" if compression else b"a,")
    frame.to_parquet("minio://docs/frames/t.parquet", storage_options=options)
    read = pandas.read_parquet("minio://docs/frames/t.parquet", storage_options=options)
    pandas.testing.assert_frame_equal(read, frame, check_dtype=False)
    with pytest.raises(FileNotFoundError):
        pandas.read_csv("minio://docs/frames/none.csv", storage_options=options)


def test_pyarrow_data_sets(files: MinIOFileSystem) -> None:
    arrow: Any = import_module("pyarrow")
    dataset: Any = import_module("pyarrow.dataset")
    arrow_fs: Any = import_module("pyarrow.fs")
    table = arrow.table({"day": ["mon", "tue", "tue"], "n": [1, 2, 3]})
    parts = dataset.partitioning(arrow.schema([("day", arrow.string())]), flavor="hive")
    wrapped = arrow_fs.PyFileSystem(arrow_fs.FSSpecHandler(files))
    for filesystem, where in ((wrapped, "docs/sets/one"), (files, "docs/sets/two")):
        dataset.write_dataset(
            table, where, format="parquet", partitioning=parts, filesystem=filesystem
        )
        found = dataset.dataset(where, format="parquet", partitioning=parts, filesystem=filesystem)
        tuesday = found.to_table(filter=dataset.field("day") == "tue")
        assert sorted(tuesday["n"].to_pylist()) == [2, 3]
        assert found.count_rows() == 3
    info = wrapped.get_file_info("docs/sets/one/day=mon/part-0.parquet")
    assert info.mtime is not None
    assert info.size > 0
    wrapped.delete_dir("docs/sets/one")
    assert not files.exists("docs/sets/one")


@pytest.mark.filterwarnings("ignore:The inplace keyword")  # of pandas, about how dask uses it
def test_dask(files: MinIOFileSystem, options: dict[str, Any]) -> None:
    bag: Any = import_module("dask.bag")
    pandas: Any = import_module("pandas")
    frames: Any = import_module("dask.dataframe")
    files.pipe({f"docs/dask/{n}.txt": b"%d\n%d\n" % (n, n) for n in range(3)})
    lines = bag.read_text("minio://docs/dask/*.txt", storage_options=options)
    assert lines.map(int).sum().compute(scheduler="threads") == 6
    assert lines.map(int).max().compute(scheduler="synchronous") == 2
    frame = frames.from_pandas(pandas.DataFrame({"n": range(10)}), npartitions=2)
    frame.to_parquet("minio://docs/dask/set", storage_options=options)
    again = frames.read_parquet("minio://docs/dask/set", storage_options=options)
    assert int(again.n.sum().compute(scheduler="threads")) == 45
    frame.to_csv("minio://docs/dask/csv-*.csv", index=False, storage_options=options)
    assert len(files.glob("docs/dask/csv-*.csv")) == 2


@pytest.mark.filterwarnings("ignore::UserWarning")  # zarr's own, of what isn't in its format 3 yet
def test_xarray_and_zarr(files: MinIOFileSystem, options: dict[str, Any]) -> None:
    numpy: Any = import_module("numpy")
    xarray: Any = import_module("xarray")
    zarr: Any = import_module("zarr")
    data = xarray.Dataset({"t": (("x", "y"), numpy.arange(12.0).reshape(3, 4))})
    data.to_zarr("minio://docs/zarr/set", storage_options=options, mode="w")
    with xarray.open_zarr("minio://docs/zarr/set", storage_options=options) as again:
        xarray.testing.assert_equal(again.load(), data)
    array = zarr.create_array(
        "minio://docs/zarr/raw", storage_options=options, shape=(8, 8), chunks=(4, 4), dtype="i4"
    )
    array[:] = 7
    array[0, 0] = 1
    read = zarr.open_array("minio://docs/zarr/raw", storage_options=options, mode="r")
    assert int(read[:].sum()) == 7 * 63 + 1
    assert files.du("docs/zarr/raw") > 0

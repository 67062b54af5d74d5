"""The benchmarks run and are kept and shown as they should; how fast anything is, isn't asked here."""

from __future__ import annotations

import shutil
import stat
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from tests.benchmarks import __main__ as command_line
from tests.benchmarks import areas, endpoint, goals, measure, page, plots, programs, results
from tests.benchmarks.async_clients import ASYNC_CONTENDERS
from tests.benchmarks.clients import CONTENDERS, PROJECT, installed
from tests.benchmarks.measure import Cost
from tests.benchmarks.results import Measured, Peak, Result
from tests.servers import Server

needs_compiler = pytest.mark.skipif(
    not shutil.which("cc"), reason="no C compiler for the null server"
)


def ran(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(measure, "TURN_SECONDS", 0.001)
    monkeypatch.setattr("sys.argv", ["benchmarks", *arguments])
    command_line.main()


@needs_compiler
@pytest.mark.parametrize("area", sorted(areas.all_areas(1, [3]).keys() - {"pack"}))
def test_every_area_gives_a_table_with_the_sdk_in_it(
    area: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(areas, "CONTENDERS", CONTENDERS[:1])
    monkeypatch.setattr(areas, "ASYNC_CONTENDERS", ASYNC_CONTENDERS[:1])
    ran(monkeypatch, area, "--rounds", "1", "--size", "1", "--objects", "3")
    printed = capsys.readouterr().out
    assert printed.startswith(f"## {area}")
    assert f"| {PROJECT} " in printed
    assert ("curl" in printed) == (area == "upload" and bool(programs.version("curl")))


@needs_compiler
def test_every_peer_does_what_it_is_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ["get", "put", "list", "get-many", "put-many", "get-async-16", "upload", "download"]
    ran(monkeypatch, *names, "--rounds", "1", "--size", "9", "--objects", "2")
    sections = capsys.readouterr().out.split("## ")[1:]
    for section in sections:
        contenders = ASYNC_CONTENDERS if section.startswith("get-async") else CONTENDERS
        there = [each for each in contenders if installed(each.package)]
        for contender in there:
            assert f"| {contender.package} {installed(contender.package)} " in section, section
    assert len(sections) == len(names)


@needs_compiler
def test_a_later_run_replaces_its_own_figures_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command_line, "DOCS", tmp_path)
    monkeypatch.setattr(areas, "CONTENDERS", CONTENDERS[:1])
    kept = result("get", "minio")
    results.save(tmp_path / "benchmarks.json", [result("get", "null"), kept])
    ran(monkeypatch, "get", "--rounds", "2", "--write")
    again, new = results.load(tmp_path / "benchmarks.json")
    assert again == kept
    assert (new.area, new.server, len(new.measured[0].costs)) == ("get", "null", 2)
    text = (tmp_path / "benchmarks.md").read_text(encoding="utf-8")
    assert text.index("### get on null") < text.index("### get on minio")
    assert page.table(new) in text
    for name in ("get-null.svg", "get-minio.svg"):
        assert f"(plots/{name})" in text
        assert (tmp_path / "plots" / name).exists()


def test_without_a_compiler_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(SystemExit, match=r"needs a C compiler.*--server"), endpoint.running("null"):
        pass


@pytest.mark.parametrize(
    "arguments, told",
    [
        (["nonsense"], "no such area: nonsense; there are import, get,"),
        (["--server", "null,nonsense"], "no such server: nonsense"),
        (["pack"], "pack needs --server minio"),
    ],
)
def test_what_it_is_asked_for_has_to_exist(
    arguments: list[str],
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        ran(monkeypatch, *arguments)
    assert told in capsys.readouterr().err


def test_areas_are_chosen_by_name_or_by_what_they_begin_with() -> None:
    every = areas.all_areas(1, [5, 6])
    assert command_line.chosen(["get"], every, "null") == ["get"]
    assert command_line.chosen(["get-many"], every, "null") == ["get-many-5", "get-many-6"]
    assert "pack" not in command_line.chosen([], every, "null")
    assert {"import", "memory"} & {*command_line.chosen([], every, "minio")} == set()


def test_ratios_are_taken_within_a_round() -> None:
    ours, theirs = [Cost(1, 2), Cost(10, 20), Cost(3, 3)], [Cost(2, 2), Cost(20, 20), Cost(3, 3)]
    assert measure.ratio(ours, theirs) == Cost(0.5, 1)
    assert measure.median(ours) == Cost(3, 3)


def test_what_is_done_after_an_operation_does_not_count() -> None:
    done: list[str] = []
    turn = measure.one_by_one(lambda: done.append("it"), lambda: done.append("after"))
    assert turn(2).wall < 1
    assert done == ["it", "after", "it", "after"]


def test_objects_share_what_their_operation_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter(range(0, 100, 12))
    monkeypatch.setattr(time, "perf_counter", lambda: next(ticks))
    assert measure.in_this_process(lambda: None, each_of=4)(1).wall == 3


def test_what_new_interpreters_import_is_compiled_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path))
    measure.in_new_processes("import minio_sdk")(1)
    assert list(tmp_path.rglob("__init__.*.pyc"))


# -- what is made of the figures ------------------------------------------------------------------


def result(area: str = "get", server: str = "null", **walls: float) -> Result:
    """Two rounds; CPU is half of the wall time."""
    times = {PROJECT: 1e-4, **{name.replace("_", "-"): wall for name, wall in walls.items()}}
    measured = tuple(
        Measured(name, "1.0", (Cost(wall, wall / 2), Cost(wall * 2, wall)))
        for name, wall in times.items()
    )
    return Result(area, server, "About it.", "2 rounds, today.", measured)


def test_results_are_kept_with_as_many_digits_as_mean_anything(tmp_path: Path) -> None:
    path = tmp_path / "benchmarks.json"
    assert results.load(path) == []
    peaks = Result("memory", "null", "a", "b", peaks=(Peak("x", "y", 123456789),))
    results.save(path, [result(obstore=1.23456789e-4), peaks])
    one, other = results.load(path)
    assert one.costs("obstore") == [Cost(1.235e-4, 6.173e-5), Cost(2.469e-4, 1.235e-4)]
    assert one.costs("boto3") is None
    assert other == peaks
    assert len(path.read_text(encoding="utf-8").splitlines()) == 4


def test_a_table_has_medians_and_ratios() -> None:
    lines = page.table(result(obstore=2e-4)).splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert cells[0] == ["client", "wall us", "CPU us", "SDK / it: wall", "SDK / it: CPU"]
    assert cells[2] == [f"{PROJECT} 1.0", "150", "75.0", "1.00", "1.00"]
    assert cells[3] == ["obstore 1.0", "300", "150", "0.50", "0.50"]


@pytest.mark.parametrize(
    "value, shown", [(1234.56, "1235"), (99.96, "100.0"), (12.34, "12.3"), (1.234, "1.23")]
)
def test_figures_have_about_three_digits(value: float, shown: str) -> None:
    assert page.figure(value) == shown


def test_a_label_has_the_version_behind_the_name() -> None:
    assert page.label(Measured("obstore (uvloop)", "0.12", ())) == "obstore 0.12 (uvloop)"
    assert page.label(Measured("(the SDK's client)", "", ())) == "(the SDK's client)"


def test_goals_are_judged_by_the_wall_clock_on_the_null_server() -> None:
    kept = [result(obstore=1.2e-4, minio=1.9e-4), result("get", "minio", obstore=1e-5)]
    text = page.page(kept, ["get"])
    for row in (
        "get | must | <= 1x the time of obstore | yes | 0.83x | 0.83x",
        "get | must | <= 0.5x the time of minio | no | 0.53x | 0.53x",
        "get | goal | <= 0.75x the time of obstore | no | 0.83x | 0.83x",
    ):
        assert row in " ".join(text.split()), text
    assert "| put | must | <= 1.2x the time of obstore | not measured |" in " ".join(text.split())


@pytest.mark.parametrize(
    "target, held, wall",
    [
        (goals.outruns(2, "obstore"), True, "2.50x"),
        (goals.outruns(3, "obstore"), False, "2.50x"),
        (goals.takes(0.4, "obstore"), True, "0.40x"),
        (goals.per_second(6000), True, "6,667/s"),
        (goals.per_second(7000), False, "6,667/s"),
        (goals.within(0.00016), True, "0.2 ms"),
        (goals.within(0.00014), False, "0.2 ms"),
    ],
)
def test_targets(target: goals.Target, held: bool, wall: str) -> None:
    verdict = target.judge(result(obstore=2.5e-4))
    assert verdict is not None
    assert (verdict.held, verdict.wall) == (held, wall)


def test_memory_is_judged_by_the_worse_of_both_clients() -> None:
    peaks = (
        Peak(PROJECT, "upload_file", 3 << 20),
        Peak(f"{PROJECT} (async)", "upload_file", 5 << 20),
    )
    memory = Result(
        "memory", "null", "a", "b", peaks=(*peaks, Peak("minio", "upload_file", 1 << 30))
    )
    for most, held in ((4, False), (5, True)):
        verdict = goals.grows_by(most << 20, "upload_file").judge(memory)
        assert verdict is not None
        assert (verdict.held, verdict.wall) == (held, "5 MiB")


def test_a_peer_that_was_not_there_judges_nothing() -> None:
    assert goals.takes(1, "obstore").judge(result()) is None
    assert {verdict for _, verdict in goals.judged({})} == {None}


def test_every_goal_is_about_an_area_that_there_is() -> None:
    assert {goal.area for goal in goals.GOALS} <= {*areas.all_areas(1), command_line.MEMORY}


def test_a_plot_is_well_formed_and_the_same_for_the_same_figures() -> None:
    made = page.plot(result(obstore=2e-4))
    assert made == page.plot(result(obstore=2e-4))
    root = ElementTree.fromstring(made)
    texts = [each.text for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts == [
        "get on null", "wall us", "CPU us",
        f"{PROJECT} 1.0", "150", "75.0", "obstore 1.0", "300", "150",
    ]  # fmt: skip
    bars = [
        float(each.attrib["width"])
        for each in root.iter("{http://www.w3.org/2000/svg}rect")
        if each.attrib["height"] == "12"
    ]
    assert bars == [pytest.approx(max(bars) * share, abs=0.1) for share in (0.5, 0.25, 1, 0.5)]


def test_a_plot_shows_names_as_they_are() -> None:
    made = plots.plot("<a> & b", ["s"], [plots.Bars("<c>", ((0.0, "0"),))])
    assert ElementTree.fromstring(made)[0].text == "<a> & b"


def test_plots_of_areas_that_are_gone_go_too(tmp_path: Path) -> None:
    page.write(tmp_path, [result("get"), result("put")], ["get"])
    page.write(tmp_path, [result("get")], ["get"])
    assert [each.name for each in (tmp_path / "plots").iterdir()] == ["get-null.svg"]


def test_the_page_is_made_of_the_figures_beside_it(tmp_path: Path) -> None:
    docs = measure.ROOT / "docs"
    page.write(tmp_path, results.load(docs / "benchmarks.json"), command_line.order())
    made = {str(each.relative_to(tmp_path)) for each in tmp_path.rglob("*.*")}
    assert made >= {"benchmarks.md"}
    for name in made:
        assert (docs / name).read_text(encoding="utf-8") == (tmp_path / name).read_text(
            encoding="utf-8"
        )


def test_versions_are_of_the_package_that_a_client_is_named_after() -> None:
    assert command_line.version_of(f"{PROJECT} (uvloop)") == installed(PROJECT)
    assert command_line.version_of("pytest.something, and a lock") == pytest.__version__
    assert command_line.version_of("(the SDK's client)") == ""


def test_s5cmd_is_a_peer_where_it_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert programs.version("no-such-program") is None
    program, told = tmp_path / "s5cmd", tmp_path / "told"
    program.write_text(f'#!/bin/sh\necho "v2.3.0-abc" "$AWS_ACCESS_KEY_ID" "$@" | tee "{told}"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert programs.version(programs.S5CMD) == "2.3.0"
    server = Server("null", "http://localhost:1", "key", "secret", "")
    programs.s5cmd_put(server, tmp_path / "files", "many/")()
    asked = f"cp {tmp_path}/files/* s3://benchmarks/many/"
    assert told.read_text().split(" ", 1)[1].strip().endswith(asked)

"""The stages of a run in their order, with the seams checked, the rows counted and the finished stages kept.

load (sources) -> link (matching) -> findings (rules) -> reports. Each stage is a plain function on tables; nothing here
computes anything about people.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from padan import decisions, memory, planning, stamps, store, trend
from padan.config import InputFile, Settings, input_files
from padan.conservation import conservation
from padan.console import Report, log_to
from padan.sizes import look
from rules import i18n, tables
from rules.errors import ConfigError, InputError, Place, TableError
from rules.findings.programme import load_programmes, programme_files
from rules.i18n import N_, _

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

    from blocking.candidates import Plan
    from sources.model import Loaded

LOADED = ("records", "rejected", "files", "payments", "families")
LINKED = ("links", "entities", "persons", "family_links")
FOUND = ("findings", "diputuskan")
# Share of a run each stage takes; the progress line needs no more than a guess.
_SHARES = {"muat": 0.3, "taut": 0.3, "temuan": 0.15, "laporan": 0.25}


@dataclass(slots=True)
class Watch:
    """Seconds and peak memory of each stage, for run.json, and the log of the run."""

    log: FilteringBoundLogger
    report: Report
    gauge: memory.Gauge
    plan: planning.Forecast
    tell_plan: Callable[[planning.Forecast], None] = lambda _plan: None
    stages: dict[str, dict[str, Any]] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[Callable[[str, float], None]]:
        """Time the stage `name`; yields the function it reports its progress to."""
        start = sum(_SHARES[other] for other in self.stages)
        share = _SHARES[name]
        title = _STAGE_TITLES[name]()

        def tell(what: str, fraction: float) -> None:
            step = _(_STEPS.get(what, what))
            self.report(start + share * min(max(fraction, 0.0), 1.0), f"{title}: {step}" if step else title)

        tell("", 0.0)
        memory.give_back()
        self.gauge.reset()
        begun, busy = time.perf_counter(), cpu_seconds()
        self.stages[name] = {}
        yield tell
        self.stages[name] |= {
            "detik": round(time.perf_counter() - begun, 2),
            "detik_cpu": round(cpu_seconds() - busy, 2),
            "puncak_mb": round(self.gauge.peak / memory.MB),
        }
        self.log.info("stage", name=name, **self.stages[name])


# The steps of the linkage, as matching.engine names them.
_STEPS = {
    "sandikan": N_("encode"),
    "bandingkan": N_("compare pairs"),
    "modelkan": N_("fit the model"),
    "kelompokkan": N_("cluster"),
    "keluarga": N_("families"),
}
_STAGE_TITLES: dict[str, Callable[[], str]] = {
    "muat": lambda: _("Reading"),
    "taut": lambda: _("Linking"),
    "temuan": lambda: _("Findings"),
    "laporan": lambda: _("Reports"),
}


def run(
    settings: Settings,
    out: Path,
    *,
    report: Report,
    limit: str | None = None,
    told: Callable[[planning.Forecast], None] | None = None,
    starved: Callable[[int], None] | None = None,
) -> tables.Tables:
    """Run every stage into the folder `out` and return the tables; `tables.info` is what run.json holds.

    The same command after a stop continues with the first stage that is not finished. `limit` is the memory it may use
    (`4GB`; default: half of what is free), `told` is given the plan when it is made and when it is known better,
    `starved` ends the process when memory runs out after all. Raises PadanError for whatever the user can mend:
    ConfigError, InputError, OutputError, MemoryNeededError.
    """
    inputs = input_files(settings)
    labels = names(inputs)
    decided = _decided(settings)
    _check_earlier(settings, out)
    tell_plan = told or (lambda _plan: None)
    plan = first_plan(inputs, labels, limit)
    planning.ensure(plan)
    tell_plan(plan)
    with (
        store.open_folder(out) as folder,
        log_to(out / "padan.log") as log,
        memory.Gauge(plan.anggaran, starved) as gauge,
        folder.scratch(),
        ThreadPoolExecutor(2) as aside,
    ):
        watch = Watch(log, report, gauge, plan, tell_plan)
        hashes = stamps.sha256_files([one.path for one in inputs])
        log.info("run", versions=stamps.versions(), files=len(inputs))
        folder.clear_parts()
        folder.clear_reports()
        data, key, writing = _load(settings, inputs, hashes, folder, watch, aside)
        counted = aside.submit(conservation, data)
        acuan = settings.tanggal_acuan or _newest(data.records)
        data.info |= {
            "tanggal_acuan": acuan.isoformat() if acuan else None,
            "bahasa": i18n.language(),
            "mode_uji": settings.mode_uji,
            "masukan": [
                {
                    "sumber": one.sumber,
                    "berkas": name,
                    "sha256": digest,
                    "bita": one.path.stat().st_size,
                    "tanggal": one.tanggal.isoformat() if one.tanggal else None,
                }
                for one, name, digest in zip(inputs, labels, hashes, strict=True)
            ],
            "kekekalan": [],  # counted meanwhile
        }
        key = _link(settings, data, key, folder, watch, decided)
        writing.result()
        data.info["kekekalan"] = counted.result()
        key, writing = _find(settings, data, key, folder, watch, decided, aside)
        _compare(settings, data, folder)
        data.info["pengaturan"] = settings.model_dump(mode="json", exclude={"masukan", "keluaran"})
        data.info["versi"] = stamps.versions() | {
            "kode": stamps.code_version(),
            "kode_taut": stamps.code_version(stamps.LINKAGE),
        }
        data.info["jumlah"] = {name: getattr(data, name).height for name in tables.SCHEMAS}
        products = _reports(settings, inputs, data, key, folder, watch)
        writing.result()
        data.info["tahap"] = watch.stages
        data.info["rencana"] = watch.plan.to_dict()
        data.info["terukur"] = measured(data, watch)
        data.info["selesai"] = True
        store.write_json(data.info, out / "run.json")
        products.close()
        report(1.0, _("Done"))
    return data


def measured(data: tables.Tables, watch: Watch) -> dict[str, Any]:
    """What the run needed in truth, beside `rencana`, what was foretold: pairs, memory, seconds."""
    return {
        "pasangan": data.info["penautan"]["penyaringan"]["pasangan"],
        "puncak_mb": max(one["puncak_mb"] for one in watch.stages.values()),
        "detik": round(sum(one["detik"] for one in watch.stages.values()), 2),
        "rekaman": data.records.height,
        "bayar": data.payments.height,
    }


def first_plan(inputs: Sequence[InputFile], labels: Sequence[str], limit: str | None) -> planning.Forecast:
    """The plan of a run before anything is read in full."""
    files = [look(one.path, name, one.sumber) for one, name in zip(inputs, labels, strict=True)]
    return planning.first_look(files, memory.budget(limit), bound=memory.bound(limit))


def plan(
    settings: Settings, out: Path | None, *, report: Report, limit: str | None = None, outside: bool = False
) -> planning.Forecast:
    """What `run` will need. The lists are read for it, and kept in the folder `out` where one is given.

    `outside`: the files are not read; pairs are then a guess. Lists too large to be read are not read either.
    """
    inputs = input_files(settings)
    labels = names(inputs)
    found = first_plan(inputs, labels, limit)
    if outside or not found.fits:
        return found
    if out is None:
        loaded = _read(settings, inputs, lambda name, share: report(0.8 * share, _("Reading") + ": " + name))
        frames = {name: getattr(loaded, name) for name in ("records", "payments")}
    else:
        hashes = stamps.sha256_files([one.path for one in inputs])
        with (
            store.open_folder(out) as folder,
            log_to(out / "padan.log") as log,
            memory.Gauge(found.anggaran) as gauge,
            ThreadPoolExecutor(1) as aside,
        ):
            data, _key, writing = _load(settings, inputs, hashes, folder, Watch(log, report, gauge, found), aside)
            writing.result()
            frames = {"records": data.records, "payments": data.payments}
    from blocking.candidates import plan as keys_of
    from blocking.passes import standard
    from matching.encoding import encode
    from matching.settings import LinkSettings

    report(0.8, _("Counting pairs"))
    chosen = keys_of(encode(frames["records"]), standard(), LinkSettings().blok_maksimum)
    return planning.with_pairs(found, chosen, records=frames["records"].height, payments=frames["payments"].height)


def _read(
    settings: Settings, inputs: list[InputFile], tell: Callable[[str, float], None], hashes: Sequence[str] = ()
) -> Loaded:
    """The tables of all input files; `hashes` are their SHA-256, where they are known."""
    from sources.load import load
    from sources.model import Input, SourceSettings

    return load(
        [Input(one.path, one.sumber, one.tanggal, digest) for one, digest in zip_longest(inputs, hashes)],
        SourceSettings(
            mode_uji=settings.mode_uji,
            tanggal_acuan=settings.tanggal_acuan,
            overrides={one.path.name: one.kolom for one in inputs if one.kolom},
            bridge=settings.folder / settings.jembatan if settings.jembatan else None,
        ),
        progress=tell,
    )


def _load(
    settings: Settings,
    inputs: list[InputFile],
    hashes: list[str],
    folder: store.RunFolder,
    watch: Watch,
    aside: Executor,
) -> tuple[tables.Tables, str, Future[object]]:
    """The tables read, the stamp of the stage, and their writing, which goes on in `aside` while the next stage begins.

    A run killed before it has ended reads again.
    """
    writing: Future[object] = Future()
    bridge = settings.folder / settings.jembatan if settings.jembatan else None
    stated = [
        (f.sumber, name, digest, f.tanggal, f.kolom)
        for f, name, digest in zip(inputs, names(inputs), hashes, strict=True)
    ]
    if bridge is not None and not bridge.is_file():
        raise ConfigError(_("the bridge file does not exist"), place=Place(file=str(bridge), column="jembatan"))
    key = store.key_of(
        "muat", stamps.versions(), stamps.code_version(), settings.mode_uji, settings.tanggal_acuan,
        stamps.sha256_file(bridge) if bridge else None, stated,
    )  # fmt: skip
    with watch.stage("muat") as tell:
        kept = folder.reuse("muat", key, LOADED)
        if kept is not None:
            frames = {name: folder.table(name) for name in LOADED}
            watch.stages["muat"]["dipakai_ulang"] = True
            writing.set_result(None)
        else:
            folder.begin("muat")
            loaded = _read(settings, inputs, tell, hashes)
            frames = {name: tables.check(name, getattr(loaded, name)) for name in LOADED}
            kept = {"catatan": list(loaded.catatan)}
            writing = aside.submit(folder.finish, "muat", key, dict(frames), kept)
    if frames["records"].is_empty():
        raise InputError(
            _("none of the files holds a row that can be used"),
            hint=_("`padan inspect FILE` shows what each file was taken for and why its rows were refused"),
        )
    frames |= {name: tables.empty(name) for name in (*LINKED, *FOUND)}
    return tables.Tables(info={"catatan_masukan": kept["catatan"]}, **frames), key, writing


def _decided(settings: Settings) -> pl.DataFrame:
    """What people have decided so far, as `decisions.read` gives it; empty without a store."""
    return decisions.read(settings.folder / settings.keputusan) if settings.keputusan else decisions.none()


def _check_earlier(settings: Settings, out: Path) -> None:
    # Hours later would be too late to hear that the folder was mistyped.
    if settings.sebelumnya:
        earlier = settings.folder / settings.sebelumnya
        if earlier.resolve() == out.resolve():
            raise ConfigError(
                _("the earlier run and the output are the same folder"),
                place=Place(file=str(out), column="sebelumnya"),
                hint=_("write the new run into a folder of its own"),
            )
        store.run_info(earlier)


def _labels(settings: Settings, records: pl.DataFrame) -> pl.DataFrame | None:
    """The labelled pairs of this run (kiri, kanan: baris_id; sama, pangsa); None without a file of answers."""
    if settings.label is None:
        return None
    from matching.labels import settled
    from padan.label import read_labels

    told = settled(read_labels(settings.folder / settings.label)).select("kiri", "kanan", "sama", "pangsa")
    return decisions.by_row(told, records)


def _link(
    settings: Settings,
    data: tables.Tables,
    key: str,
    folder: store.RunFolder,
    watch: Watch,
    decided: pl.DataFrame,
) -> str:
    from matching.settings import LinkSettings

    chosen = LinkSettings(padan=settings.ambang.padan, tinjau=settings.ambang.tinjau, pasti=settings.ambang.pasti)
    labels = _labels(settings, data.records)
    asked = labels.write_csv() if labels is not None else None
    key = store.key_of("taut", key, chosen.model_dump(), decisions.digest(decided, "pasangan"), asked)
    with watch.stage("taut") as tell:
        kept = folder.reuse("taut", key, LINKED)
        if kept is not None:
            frames = {name: folder.table(name) for name in LINKED}
            data.info["penautan"] = kept
            watch.stages["taut"]["dipakai_ulang"] = True
        else:
            from blocking.jit import in_background
            from matching.engine import link

            folder.begin("taut")
            told = decisions.linkage_decisions(decided, data.records)

            def planned(keys: Plan) -> int:
                watch.plan = planning.with_pairs(
                    watch.plan, keys, records=data.records.height, payments=data.payments.height
                )
                planning.ensure(watch.plan)
                watch.tell_plan(watch.plan)
                watch.log.info("plan", **watch.plan.brief())
                return watch.plan.at_once

            drafts: dict[str, Callable[[], store.Draft]] = {}

            def made(name: str, frame: pl.DataFrame) -> None:
                # One core writes what is finished while the other makes the next table.
                drafts[name] = in_background(lambda: folder.draft(name, frame))

            linked = link(
                data.records,
                data.families,
                chosen,
                progress=tell,
                decisions=told,
                labels=labels,
                planned=planned,
                made=made,
            )
            frames = {name: tables.check(name, getattr(linked, name)) for name in LINKED}
            if frames["entities"].height != data.records.height:
                raise TableError("entities do not hold every record once")
            data.info["penautan"] = folder.finish("taut", key, frames, linked.info, drafts)
    for name, frame in frames.items():
        setattr(data, name, frame)
    return key


def _find(
    settings: Settings,
    data: tables.Tables,
    key: str,
    folder: store.RunFolder,
    watch: Watch,
    decided: pl.DataFrame,
    aside: Executor,
) -> tuple[str, Future[object]]:
    """The stamp of the findings, and their writing, which goes on in `aside` while the reports begin."""
    writing: Future[object] = Future()
    own = settings.folder / settings.parameter if settings.parameter else None
    if own is not None and not own.is_file():
        raise ConfigError(_("the parameter file does not exist"), place=Place(file=str(own), column="parameter"))
    local = programmes(settings)
    key = store.key_of(
        "temuan", key, i18n.language(), settings.tanggal_acuan, stamps.sha256_file(own) if own else None,
        [stamps.sha256_file(path) for path in local], decisions.digest(decided, "temuan"),
    )  # fmt: skip
    data.info["program"] = {code: one.nama for code, one in load_programmes(local).items()}
    with watch.stage("temuan"):
        kept = folder.reuse("temuan", key, FOUND)
        if kept is not None:
            data.findings, data.diputuskan = folder.table("findings"), folder.table("diputuskan")
            _notes(data, kept["catatan_aturan"])
            watch.stages["temuan"]["dipakai_ulang"] = True
            writing.set_result(None)
            return key, writing
        from reports.data import in_order
        from rules.findings.run import run_rules

        folder.begin("temuan")
        with folder.steps("temuan", key) as keep:
            findings, notes = run_rules(
                data, parameters=own, tanggal_acuan=settings.tanggal_acuan, programmes=local, keep=keep
            )
        findings, data.diputuskan = decisions.split(tables.check("findings", findings), decided, data.records)
        frames = {"findings": tables.check("findings", findings), "diputuskan": data.diputuskan}
        # In the order of the file, as a run that goes on here has them: the reports break ties by it.
        data.findings = frames["findings"] = in_order("findings", frames["findings"]).rechunk()
        kept = store.as_kept({"catatan_aturan": notes})
        _notes(data, kept["catatan_aturan"])
        writing = aside.submit(folder.finish, "temuan", key, frames, kept)
    return key, writing


def _compare(settings: Settings, data: tables.Tables, folder: store.RunFolder) -> None:
    """Set the findings beside those of an earlier run; without one the table is empty."""
    from reports.data import write_table

    if data.diputuskan.height:
        data.info["diputuskan"] = dict(
            data.diputuskan.group_by(pl.col("putusan").cast(pl.String)).len().sort("putusan").iter_rows()
        )
    if settings.sebelumnya:
        earlier = store.read_run(settings.folder / settings.sebelumnya)
        data.tren = trend.compare(data, earlier)
        data.info["tren"] = trend.summary(data.tren) | {"tanggal_acuan_sebelumnya": earlier.info.get("tanggal_acuan")}
    store.put(write_table("tren", data.tren, folder.private), folder.data / "tren.parquet")


def programmes(settings: Settings) -> tuple[Path, ...]:
    """The own programme files of the settings, folders expanded. Raises ConfigError for one that is not there."""
    paths = [settings.folder / Path(text).expanduser() for text in settings.program_berkas]
    for path in paths:
        if not path.exists():
            raise ConfigError(_("there is no such file"), place=Place(file=str(path), column="program_berkas"))
    return programme_files(paths)


def _notes(data: tables.Tables, notes: list[dict[str, Any]]) -> None:
    from rules.findings.run import sentences

    data.info["catatan"] = [*data.info["catatan_masukan"], *sentences(notes)]
    data.info["catatan_aturan"] = notes


def _reports(
    settings: Settings, inputs: list[InputFile], data: tables.Tables, key: str, folder: store.RunFolder, watch: Watch
) -> store.Products:
    """Write the reports that a stopped run has not finished; what they say of the run (`data.info`) is in the key."""
    trend_digest = stamps.sha256_file(folder.data / "tren.parquet")
    key = store.key_of("laporan", key, data.info, stamps.code_version(stamps.EVERYTHING), trend_digest)
    products = folder.products(key)
    with watch.stage("laporan") as tell:
        from reports.write import write_reports

        sheets = None
        if settings.kembali:
            from padan.returning import returned

            sheets = returned(inputs, names(inputs))
        write_reports(
            data,
            folder.path,
            sheets=sheets,
            progress=tell,
            tables_written=True,
            products=products,
            printed=settings.keluarga_cetak,
        )
    return products


def names(inputs: list[InputFile]) -> list[str]:
    """How reports name each file: its name, with its folder where two files share one (as sources.load does).

    Raises ConfigError when two files could not be told apart even so.
    """
    count = Counter(one.path.name for one in inputs)
    found = [f.path.name if count[f.path.name] == 1 else f"{f.path.parent.name}/{f.path.name}" for f in inputs]
    for name, times in Counter(found).items():
        if times > 1:
            raise ConfigError(
                _("{n} files have the same name").format(n=times),
                place=Place(file=name),
                hint=_("rename them: the reports name rows by file name"),
            )
    return found


def _newest(records: pl.DataFrame) -> date | None:
    newest = records["tanggal_data"].max()
    return newest if isinstance(newest, date) else None


def cpu_seconds() -> float:
    """Seconds of work so far, of this process and of children that have ended."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system

"""What a run will need, told before it is done: pairs, partitions, seconds and memory of each stage.

Two looks: one at the outside of the files, before anything is read in full; one when the keys of the passes are known,
before a pair is built. A run that does not fit its budget compares fewer pairs at a time; where even that does not
help it is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from padan import memory
from padan.costs import Costs, costs
from padan.show import number
from padan.sizes import FileSize
from rules.i18n import _
from rules.vocab import PAYMENT_PREFIX

if TYPE_CHECKING:
    from blocking.candidates import Plan
    from blocking.expected import Admit, Expected

RUN: Final = ("muat", "taut", "temuan", "laporan")
AT_ONCE: Final = 2_000_000  # pairs compared at a time where memory allows it; more is no faster
LEAST: Final = 50_000  # and where it is short
HELD: Final = 24  # bytes of a pair of the blocks, held; where there is no room for them they are found twice
# A first look knows pairs and records from the number of rows only: it refuses what is beyond doubt.
_DOUBT: Final = 0.6


@dataclass(frozen=True, slots=True)
class Need:
    """What one stage needs: bytes at its peak, seconds."""

    tahap: str
    bita: int
    detik: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """A plan. `kasar`: from the outside of the files alone; `lintasan` is empty then."""

    berkas: tuple[FileSize, ...]
    ukuran: Mapping[str, float]  # sizes by name, as in costs.toml
    tahap: tuple[Need, ...]
    anggaran: int  # bytes the run plans with
    batas: int  # bytes above which it is refused
    kasar: bool
    lintasan: tuple[Expected, ...] = ()
    room: int = 0  # bytes left for pairs that are held
    done: frozenset[str] = field(default_factory=frozenset)  # stages that are behind us

    @property
    def at_once(self) -> int:
        """Pairs compared at a time."""
        return int(self.ukuran["sekaligus"])

    @property
    def held(self) -> bool:
        """Whether the pairs are held between the stages; where there is no room they are built twice."""
        return self.ukuran["ditahan"] > 0 or self.ukuran["pasangan"] == 0

    @property
    def partitions(self) -> int:
        """Parts in which the pairs are compared."""
        return max(-(-int(self.ukuran["pasangan"]) // self.at_once), 1)

    @property
    def peak(self) -> Need:
        """The stage that needs most memory."""
        return max(self.tahap, key=lambda one: one.bita)

    @property
    def fits(self) -> bool:
        """Whether the stages that are still to come fit the budget."""
        return short_of(self) is None

    def brief(self) -> dict[str, Any]:
        """What the log tells of the plan."""
        told = self.to_dict()
        return {name: told[name] for name in ("anggaran_mb", "pasangan", "bagian", "puncak_mb", "detik")}

    def to_dict(self) -> dict[str, Any]:
        """Plain values for run.json and `padan plan --json`."""
        return {
            "kasar": self.kasar,
            "anggaran_mb": round(self.anggaran / memory.MB),
            "cukup": self.fits,
            "berkas": [asdict(one) for one in self.berkas],
            "ukuran": {name: round(size) for name, size in self.ukuran.items()},
            "lintasan": [asdict(one) for one in self.lintasan],
            "pasangan": int(self.ukuran["pasangan"]),
            "bagian": self.partitions,
            "ditahan": self.held,
            "tahap": {
                one.tahap: {"puncak_mb": round(one.bita / memory.MB), "detik": round(one.detik, 1)}
                for one in self.tahap
            },
            "puncak_mb": round(self.peak.bita / memory.MB),
            "detik": round(sum(one.detik for one in self.tahap), 1),
        }


def first_look(
    files: Sequence[FileSize], budget: int, stages: Sequence[str] = RUN, *, bound: int | None = None
) -> Forecast:
    """The plan of lists that nobody has read yet, refused above `bound` (default: the budget)."""
    known = costs()
    paid = [one.baris for one in files if one.sumber.startswith(PAYMENT_PREFIX)]
    rows = sum(one.baris for one in files)
    records = rows * known.ratios["rekaman"]
    sizes = {
        **{kind: float(sum(f.bita for f in files if f.jenis == kind)) for kind in ("teks", "lembar", "kolom")},
        "baris": float(rows),
        "rekaman": records,
        "bayar": float(sum(paid)),
        "kandidat": records * known.ratios["kandidat"],
        "pasangan": records * known.ratios["pasangan"],
        "ditahan": 0.0,
        "sekaligus": float(AT_ONCE),
    }
    return _needs(Forecast(tuple(files), sizes, (), budget, bound or budget, kasar=True), known, stages)


def with_pairs(
    before: Forecast, chosen: Plan, *, records: int, payments: int = 0, admit: Admit | None = None
) -> Forecast:
    """The plan once the keys of all passes are known; nothing larger than the keys is built for it."""
    from blocking.expected import expected_pairs

    told = tuple(expected_pairs(chosen, admit))
    sizes = {
        **before.ukuran,
        "rekaman": float(records),
        "bayar": float(payments),
        "kandidat": float(sum(one.kandidat for one in told)),
        "pasangan": float(sum(one.pasangan for one in told)),
    }
    stages = [one.tahap for one in before.tahap]
    done = frozenset(stages[:1]) if len(stages) > 1 else frozenset()
    return _needs(replace(before, ukuran=sizes, kasar=False, lintasan=told, done=done), costs(), stages)


def _needs(plan: Forecast, known: Costs, stages: Sequence[str]) -> Forecast:
    """`plan` with the needs of its stages: pairs held where there is room, and compared as many at a time as fit."""
    sizes = dict(plan.ukuran) | {"ditahan": 0.0, "sekaligus": 0.0}
    (linking,) = (known.stages[name] for name in stages if "sekaligus" in known.stages[name].bytes_per)
    room = plan.anggaran - linking.memory(sizes)
    fitting = min(room / linking.bytes_per["sekaligus"], AT_ONCE, sizes["pasangan"])
    sizes["sekaligus"] = float(max(int(fitting), LEAST))
    room = plan.anggaran - linking.memory(sizes)
    # The linkage of registers always holds its pairs; that of `padan link` finds them twice where there is no room.
    if "ditahan" not in linking.bytes_per or HELD * sizes["kandidat"] <= room:
        sizes["ditahan"] = sizes["pasangan"]
    needs = tuple(Need(name, known.stages[name].memory(sizes), known.stages[name].seconds(sizes)) for name in stages)
    return replace(plan, ukuran=sizes, tahap=needs, room=max(room, 0))


def short_of(plan: Forecast) -> Need | None:
    """The stage that cannot fit, the worst of several; on a first look only where it is beyond doubt."""
    bound = plan.batas / (_DOUBT if plan.kasar else 1.0)
    short = [one for one in plan.tahap if one.tahap not in plan.done and one.bita > bound]
    return max(short, key=lambda one: one.bita, default=None)


def refusal(plan: Forecast, short: Need) -> memory.MemoryNeededError:
    """Why `plan` cannot be run, and what to do."""
    return memory.needed(
        _("this run needs about {need} of memory (stage {stage}); it may use {budget}, {free} is free").format(
            need=memory.words(short.bita),
            stage=stage_title(short.tahap),
            budget=memory.words(plan.batas),
            free=memory.words(memory.free()),
        )
    )


def ensure(plan: Forecast) -> None:
    """Raise MemoryNeededError when `plan` cannot fit."""
    short = short_of(plan)
    if short is not None:
        raise refusal(plan, short)


def stage_title(name: str) -> str:
    """A stage in words."""
    return {
        "muat": _("Reading"),
        "taut": _("Linking"),
        "temuan": _("Findings"),
        "laporan": _("Reports"),
        "link": _("Linking"),
    }[name]


def short_line(plan: Forecast) -> str:
    """The plan in one line, for the start of a run."""
    text = _("{rows} rows, about {pairs} pairs in {parts} parts, about {time}, at most {peak} of {budget} memory")
    return text.format(
        rows=number(plan.ukuran["baris"]),
        pairs=number(plan.ukuran["pasangan"]),
        parts=plan.partitions,
        time=duration(sum(one.detik for one in plan.tahap if one.tahap not in plan.done)),
        peak=memory.words(max(one.bita for one in plan.tahap)),
        budget=memory.words(plan.anggaran),
    )


def duration(seconds: float) -> str:
    """`40 s` or `3 min`."""
    return _("{n} s").format(n=round(seconds)) if seconds < 100 else _("{n} min").format(n=round(seconds / 60))

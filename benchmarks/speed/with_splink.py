"""Splink 5 on DuckDB with the passes and levels of `benchmarks/specs/speed.toml`; needs `requirements-bench.lock`.

    python -m benchmarks.speed.with_splink OUT A.parquet B.parquet [C.parquet] [--within]

Does what `padan link` does: reads the lists, learns the model, scores the candidate pairs, forms entities and writes
the pairs at or above 0.20 and the entities at 0.90.
"""

from __future__ import annotations

import argparse
import logging
import warnings
from pathlib import Path
from typing import Any

from benchmarks.speed.stages import ENTITIES, KEYS, PAIRS, Stages

SEED = 1
SAMPLE_PAIRS = 1e7  # for u; "often adequate" says its guide, which advises more
THRESHOLD, REVIEW = 0.90, 0.20
# What blocking and comparing need is made once, as its guide to performance says.
_READ = """
create table {name} as select id, nullif(nik, '0000000000000000') as nik, no_kk, nama, nama_ibu, tanggal_lahir,
jenis_kelamin, kode_wilayah, split_part(nama, ' ', 1) as nama1, left(nama, 3) as nama3, left(kode_wilayah, 6) as kec,
left(nik, 12) as nik12, string_split(nama, ' ') as kata
from read_parquet('{path}')
"""


def _one_digit(column: str) -> str:
    """One digit wrong, or two neighbours turned. The costly distance is asked only where two places differ."""
    left, right = f"{column}_l", f"{column}_r"
    return (
        f"case when length({left}) <> length({right}) then false when hamming({left}, {right}) <= 1 then true "
        f"when hamming({left}, {right}) = 2 then damerau_levenshtein({left}, {right}) <= 1 else false end"
    )


_SAME = " + ".join(f"({p}(tanggal_lahir_l) = {p}(tanggal_lahir_r))::int" for p in ("year", "month", "day"))
_TURNED = (
    "year(tanggal_lahir_l) = year(tanggal_lahir_r) and month(tanggal_lahir_l) = day(tanggal_lahir_r) "
    "and day(tanggal_lahir_l) = month(tanggal_lahir_r)"
)


def settings(link_type: str) -> Any:  # noqa: ANN401 - Splink is untyped to us
    """The model: comparisons and blocking rules."""
    import splink.comparison_level_library as cll
    import splink.comparison_library as cl
    from splink import SettingsCreator, block_on

    def levels(column: str, *between: Any, frequency: bool = False) -> Any:  # noqa: ANN401
        equal = cll.ExactMatchLevel(column)
        if frequency:
            equal = equal.configure(tf_adjustment_column=column)
        return cl.CustomComparison(
            output_column_name=column,
            comparison_levels=[cll.NullLevel(column), equal, *between, cll.ElseLevel()],
        )

    return SettingsCreator(
        link_type=link_type,
        unique_id_column_name="id",
        comparisons=[
            levels(
                "nama",
                cll.JaroWinklerLevel("nama", 0.92),
                cll.CustomLevel("list_has_all(kata_l, kata_r) or list_has_all(kata_r, kata_l)"),
                cll.JaroWinklerLevel("nama", 0.80),
                frequency=True,
            ),
            levels("nik", cll.ExactMatchLevel("nik12"), cll.CustomLevel(_one_digit("nik"))),
            levels("no_kk", cll.CustomLevel(_one_digit("no_kk"))),
            levels(
                "tanggal_lahir",
                cll.CustomLevel(_TURNED),
                cll.CustomLevel(f"{_SAME} >= 2"),
                cll.CustomLevel("year(tanggal_lahir_l) = year(tanggal_lahir_r)"),
            ),
            levels("jenis_kelamin"),
            levels(
                "nama_ibu",
                cll.JaroWinklerLevel("nama_ibu", 0.92),
                cll.JaroWinklerLevel("nama_ibu", 0.80),
                frequency=True,
            ),
            levels("kode_wilayah", cll.ExactMatchLevel("kec")),
        ],
        blocking_rules_to_generate_predictions=[block_on(*key) for key in KEYS],
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=False,
    )


def run(lists: list[Path], out: Path, *, within: bool) -> None:
    """Link `lists` into the folder `out`."""
    stages = Stages()
    with stages.stage("import"):
        import duckdb
        from splink import DuckDBAPI, Linker, block_on

    logging.getLogger("splink").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="splink")
    connection = duckdb.connect()  # in memory; threads and memory limit as it finds best
    database = DuckDBAPI(connection=connection)
    with stages.stage("read"):
        names = [f"list_{k}" for k in range(len(lists))]
        for name, path in zip(names, lists, strict=True):
            connection.execute(_READ.format(name=name, path=path))
        tables = [database.register(connection.table(name), table_name=f"t_{name}") for name in names]
    linker = Linker(tables, settings("link_and_dedupe" if within else "link_only"), log_level=logging.ERROR)
    training = linker.training
    with stages.stage("share"):
        sure = [block_on("nik", "tanggal_lahir"), block_on("nama", "tanggal_lahir", "kode_wilayah")]
        training.estimate_probability_two_random_records_match(sure, recall=0.9)
    with stages.stage("u"):
        training.estimate_u_using_random_sampling(max_pairs=SAMPLE_PAIRS, seed=SEED)
    with stages.stage("m"):
        for rule in (block_on("nik"), block_on("nama", "tanggal_lahir")):
            training.estimate_parameters_using_expectation_maximisation(rule, estimate_without_term_frequencies=True)
    with stages.stage("predict"):
        found = linker.inference.predict(threshold_match_probability=REVIEW, warning_mode="never")
    with stages.stage("cluster"):
        entities = linker.clustering.cluster_pairwise_predictions_at_threshold(found, THRESHOLD)
    with stages.stage("write"):
        number = "cast(right({column}, 1) as utinyint)"
        connection.execute(
            f"copy (select {number.format(column='source_dataset_l')} as list_l, id_l, "
            f"{number.format(column='source_dataset_r')} as list_r, id_r, match_weight as weight, "
            f"match_probability as probability from {found.physical_name}) to '{out / PAIRS}' (format parquet)"
        )
        connection.execute(
            f"copy (select {number.format(column='source_dataset')} as list, id, cluster_id as entity "
            f"from {entities.physical_name}) to '{out / ENTITIES}' (format parquet)"
        )
    stages.write(out, sample_pairs=SAMPLE_PAIRS)


def main() -> None:
    """Parse the command line and link."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("lists", type=Path, nargs="+")
    parser.add_argument("--within", action="store_true", help="pairs inside a list too")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    run(args.lists, args.out, within=args.within)


if __name__ == "__main__":
    main()

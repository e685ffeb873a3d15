"""What a precheck asks: every seed of the contribution, beside exam questions of other leaves for a yardstick."""

from pipelines.artifacts import ExamItem, Exams, LeafSet
from pipelines.errors import BadContribution
from pipelines.runs import RunDir


def seeds_beside_others(run_dir: RunDir, most_others: int) -> tuple[ExamItem, ...]:
    """The contribution's seeds, put aside or not, in the exam's form; then at most `most_others` exam items of others.

    A seed that was put aside keeps the id it has in the exam, so that an evaluation need not score it again. Which
    others are taken follows from their content alone. Raises BadContribution when no leaf is contributed.
    """
    folder = run_dir.input_path("leafset")
    exam = Exams.load(folder).items
    seeds = {item.id: item for item in exam if item.contributed}
    for entry in LeafSet.load(folder).contributed():
        for seed in entry.leaf.seeds:
            item = ExamItem.of(entry.leaf, seed, contributed=True)
            seeds.setdefault(item.id, item)
    if not seeds:
        raise BadContribution(
            "nothing_contributed",
            "this commit adds or changes no leaf, so there are no seeds to ask",
            mend="Push a leaf, then ask again.",
        )
    ordered = sorted(seeds.values(), key=lambda item: (item.leaf_id, item.group, item.id))
    others = sorted((item for item in exam if not item.contributed), key=lambda item: item.id)
    return (*ordered, *others[:most_others])

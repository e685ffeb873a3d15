"""What a precheck asks: every seed of the contribution, by itself and told beforehand what the leaf has to teach."""

from collections.abc import Sequence

from pipelines.artifacts import ExamItem, Exams, LeafSet, Message
from pipelines.errors import BadContribution
from pipelines.evaluate.asking import user_text
from pipelines.runs import RunDir

_SHOTS = 2


def contributed_seeds(run_dir: RunDir) -> tuple[ExamItem, ...]:
    """The contribution's seeds, put aside or not, in the exam's form.

    A seed that was put aside keeps the id it has in the exam, so that an evaluation need not score it again.
    Raises BadContribution when no leaf is contributed.
    """
    folder = run_dir.input_path("leafset")
    seeds = {item.id: item for item in Exams.load(folder).items if item.contributed}
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
    return tuple(sorted(seeds.values(), key=lambda item: (item.leaf_id, item.group, item.id)))


def told(item: ExamItem, items: Sequence[ExamItem]) -> tuple[Message, ...]:
    """The conversation that tells the model what it is to know: for knowledge the context, with the question under it;
    for a skill the leaf's next two seeds as they should be answered, then the question.
    """
    if item.kind.is_knowledge:
        return (Message(role="user", content=f"{item.context or ''}\n\n{item.question}".strip()),)
    leaf = [other for other in items if other.leaf_id == item.leaf_id]
    at = leaf.index(item)
    messages: list[Message] = []
    for other in (leaf[at + 1 :] + leaf[:at])[:_SHOTS]:
        messages += [
            Message(role="user", content=user_text(other)),
            Message(role="assistant", content=other.answer.strip()),
        ]
    return (*messages, Message(role="user", content=user_text(item)))

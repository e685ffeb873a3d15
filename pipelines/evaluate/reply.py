"""One prompt, put to one model, for people to read."""

from pipelines.artifacts import Message
from pipelines.errors import BadContribution
from pipelines.evaluate.config import EvaluateConfig
from pipelines.evaluate.examination import Examination
from pipelines.runs import Manifest, RunDir
from pipelines.trials import Reply


def reply(run_dir: RunDir, config: EvaluateConfig, prompt: str) -> Manifest:
    """The model's greedy answer. Raises BadContribution when the prompt leaves it no room to answer."""
    run_dir.progress.say(0, 1, "answers", "reading the model")
    examination = Examination(run_dir, config)
    tokenizer = examination.tokenizer
    asked = tokenizer.encode(
        tokenizer.render([Message(role="user", content=prompt)], add_generation_prompt=True)
    )
    room = min(config.answer_tokens, examination.context - len(asked))
    if room <= 0:
        raise BadContribution(
            "prompt_too_long",
            f"the prompt takes {len(asked)} tokens, the model reads {examination.context}",
            mend="Ask in fewer words.",
        )
    (said,) = examination.model().answers([asked], room)
    end = tokenizer.tokenizer.token_to_id(tokenizer.special.get("eos_token", ""))
    paper = Reply(
        prompt=prompt,
        answer=tokenizer.tokenizer.decode(said, skip_special_tokens=True).strip(),
        cut=len(said) >= room and said[-1] != end,
        model_digest=examination.digest,
    )
    run_dir.write_json(Reply.file, paper)
    run_dir.progress.say(1, 1, "answers")
    return run_dir.finish({"prompt_tokens": len(asked), "answer_tokens": len(said), "cut": paper.cut})

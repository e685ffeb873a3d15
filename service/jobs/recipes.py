"""The operator's recipe, and what the check takes from it."""

from pipelines.recipe import Recipe, load_recipe
from service.settings import Settings
from taxonomy_schema.policy import Policy


def recipe_of(settings: Settings) -> Recipe:
    """The configured recipe; a host whose documents the operator mirrors is allowed. Raises WrongUse."""
    return load_recipe(settings.recipe).with_mirrors(settings.mirrors)


def check_policy(settings: Settings) -> Policy:
    """What the check allows: no more than `collect` will fetch, so that nothing passes only to fail later."""
    return Policy(hosts=recipe_of(settings).collect.allowed_hosts)

"""The operator's recipe, and what the check takes from it."""

from urllib.parse import urlsplit

from pipelines.recipe import Recipe, load_recipe
from service.settings import Settings
from taxonomy_schema.policy import Policy


def recipe_of(settings: Settings) -> Recipe:
    """The configured recipe; a host whose documents the operator mirrors is allowed. Raises WrongUse."""
    recipe = load_recipe(settings.recipe)
    mirrored = (urlsplit(prefix).hostname for prefix in settings.mirrors)
    hosts = dict.fromkeys([*recipe.collect.allowed_hosts, *(host for host in mirrored if host)])
    collect = recipe.collect.model_copy(update={"allowed_hosts": tuple(hosts)})
    return recipe.model_copy(update={"collect": collect})


def check_policy(settings: Settings) -> Policy:
    """What the check allows: no more than `collect` will fetch, so that nothing passes only to fail later."""
    return Policy(hosts=recipe_of(settings).collect.allowed_hosts)

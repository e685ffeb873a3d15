"""The operator's recipe, and what the check takes from it."""

from pipelines.recipe import Recipe, load_recipe
from service.settings import Settings
from taxonomy_schema.policy import DEFAULT_POLICY, Policy


def recipe_of(settings: Settings) -> Recipe:
    """The configured recipe; a host whose documents the operator mirrors is allowed. Raises WrongUse."""
    return load_recipe(settings.recipe).with_mirrors(settings.mirrors)


def check_policy(settings: Settings, policy: Policy = DEFAULT_POLICY) -> Policy:
    """The taxonomy's policy, allowing no more than `collect` will fetch, so that nothing passes only to fail later."""
    collect = recipe_of(settings).collect
    hosts = collect.allowed_hosts
    if policy.hosts != DEFAULT_POLICY.hosts:
        hosts = tuple(host for host in policy.hosts if host in collect.allowed_hosts)
    return policy._replace(
        hosts=hosts,
        document_bytes=min(policy.document_bytes, collect.max_document_bytes),
        documents=min(policy.documents, collect.max_documents),
    )

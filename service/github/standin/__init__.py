"""A small server that speaks GitHub's REST API, Git over HTTP and signed webhooks, for trying and testing."""

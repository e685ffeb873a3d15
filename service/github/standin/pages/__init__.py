"""Plain pages that show repositories, pull requests and releases as GitHub would."""

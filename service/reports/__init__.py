"""What GraftLab says in a pull request and in a release. Pure: `ReportInput` in, Markdown or a check run out.

| file             | what it does                                                       |
|------------------|--------------------------------------------------------------------|
| model.py         | `ReportInput`: everything a report needs, and nothing else          |
| escape.py        | untrusted text made harmless in Markdown                            |
| table.py         | Markdown tables that read well raw                                  |
| verdict.py       | the one line on top: where things stand and what to do next         |
| comment.py       | `render`: the sticky comment                                        |
| check.py         | `render`: the check run with its annotations                        |
| release_notes.py | `render`: the body of a published release                           |
"""

"""Pages for people: what runs, what it found, and why.

| file         | what it does                                            |
|--------------|---------------------------------------------------------|
| router.py    | the addresses; each page has a JSON twin                 |
| views.py     | what a page shows, read from the ledger                  |
| artifacts.py | what a run page shows, read from the run's artifacts     |
| trials.py    | what a run page shows of a precheck, a preview, a prompt  |
| charts.py    | numbers to places on a chart                             |
| pages.py     | templates, headers, static files                         |
"""

from service.web.router import router

__all__ = ["router"]

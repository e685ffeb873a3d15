"""One badge a leaf, and one a repository: what is known of it, in one line.

| file       | what it does                                      |
|------------|---------------------------------------------------|
| message.py | what the ledger knows -> label, message, colour    |
| svg.py     | a badge as SVG and in shields.io's endpoint schema |
| router.py  | the addresses, with caching                        |
"""

from service.badges.router import router

__all__ = ["router"]

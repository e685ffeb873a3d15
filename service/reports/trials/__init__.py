"""What a command is answered with while its run goes on, and at its end. Pure: `TrialInput` in, Markdown out.

| file        | what it does                                                    |
|-------------|-----------------------------------------------------------------|
| model.py    | `TrialInput`: everything an answer needs                         |
| render.py   | `render`: the answer, whatever the run's kind and state          |
| precheck.py | scores on the seeds, and the model's answers beside them          |
| preview.py  | samples that were kept, and those that were dropped, and why      |
| ask.py      | one prompt, several models                                       |
| dry_run.py  | what a release would be                                          |
"""

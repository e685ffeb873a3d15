"""A storm over the whole service: real processes, a seeded schedule of faults, and a checker that reads the history.

plan     what people do and what goes wrong, in which order: decided by the seed alone
people   does what people do, on the stand-in for GitHub
nemesis  does what goes wrong
house    the processes it happens to
settle   lifts all faults and waits until nothing is left to be done
witness  reads what GitHub shows and what the ledger says
checker  what was lost, what was doubled, which heads have no verdict; pure
peers    the same storm over two usual ways to build such a service
storm    one storm from beginning to end
"""

"""A faithful Meta Graph API on loopback: what the demo, the tests and staff training talk to.

It imports nothing of Platea, so it can share no bug with the client it judges.
"""

#!/usr/bin/env python3
"""Accounts of a small bank."""

import os
from decimal import (
    Decimal,
)


class Account:
    """An account with a limit."""

    def __init__(self, owner, limit=0):
        self.owner = owner
        self.limit = limit
        self.entries = []

    @property
    def balance(self):
        """Sum of all entries."""
        total = Decimal(0)
        for entry in self.entries:
            total += entry
        return total


def transfer(source, target, amount):
    import logging

    def check(account):
        if account.balance < amount:
            raise ValueError("not enough # money")
        return account

    check(source).entries.append(-amount)
    target.entries.append(amount)


first = Account("a", limit=10)
second = Account("b")
for amount in (1, 2, 3):
    transfer(first, second, amount)
print(os.environ.get("HOME"), first.balance)

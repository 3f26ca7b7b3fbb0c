"""Two ledgers, one valve: stock says where things are, the account book says what customs counts.

`posting.apply` is the only writer of either, and writes both in one commit.
"""

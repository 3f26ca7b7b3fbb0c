"""Cross-border retail (CEB): orders, payments, waybills, declarations and customs' answers to them.

Described in the edition of 2022-05; what the edition of 2018 No. 113 does otherwise stands in ``editions``.
"""

"""Periods: the books are closed up to an instant; what came later corrects, and says when it really happened."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from wms.db import Base


class Period(Base):
    """A closed stretch of time; postings that would have occurred inside it are refused."""

    __tablename__ = "period"

    id: Mapped[int] = mapped_column(primary_key=True)
    until: Mapped[datetime] = mapped_column(unique=True, comment="closed up to and including this instant")
    closed_at: Mapped[datetime] = mapped_column(comment="when it was closed")
    by_id: Mapped[int] = mapped_column(comment="who closed it")

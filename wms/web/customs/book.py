"""The account book as an officer reads it: figures, open columns, and the law's answer."""

from flask import render_template
from sqlalchemy import select

from wms.auth.permissions import Permission
from wms.i18n import N_
from wms.ledger.book import AccountBook
from wms.ledger.queries import book_rows
from wms.web.doors import Menu, Pages
from wms.web.house import now, session

pages = Pages("book", "/customs/book")


@pages.page("/", title=N_("Account book"), menu=Menu.CUSTOMS, permission=Permission.READ_BOOK)
def figures() -> str:
    """Every item of every book with its figures and open columns."""
    books = session().scalars(select(AccountBook).order_by(AccountBook.number)).all()
    shown = [(book, book_rows(session(), book_id=book.id)) for book in books]
    return render_template("customs/book.html", books=shown, at=now())

"""The account book as an officer reads it: figures, open columns, and the law's answer; and 账/单/货 side by side."""

from flask import render_template
from sqlalchemy import select

from wms.auth.permissions import Permission
from wms.customs.cases import open_cases
from wms.customs.overview import reconcile_now
from wms.i18n import N_
from wms.ledger.book import AccountBook
from wms.ledger.queries import book_rows
from wms.web.doors import Menu, Pages
from wms.web.house import now, session

pages = Pages("book", "/customs/book")
reconcile_pages = Pages("reconcile", "/customs/reconcile")


@pages.page("/", title=N_("Account book"), menu=Menu.CUSTOMS, permission=Permission.READ_BOOK)
def figures() -> str:
    """Every item of every book with its figures and open columns."""
    books = session().scalars(select(AccountBook).order_by(AccountBook.number)).all()
    shown = [(book, book_rows(session(), book_id=book.id)) for book in books]
    return render_template("customs/book.html", books=shown, at=now())


@reconcile_pages.page("/", title=N_("Reconciliation"), menu=Menu.CUSTOMS, permission=Permission.READ_BOOK)
def side_by_side() -> str:
    """账, 单 and 货 of every item at this moment, and the open cases that hold what differs."""
    found = reconcile_now(session(), at=now())
    return render_template("customs/reconcile.html", found=found, cases=open_cases(session()), at=now())

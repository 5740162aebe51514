"""The strings that stand below members of a class, which Python itself forgets."""

from __future__ import annotations

import ast
import inspect
import itertools
import textwrap


def member_docs(kind: type) -> dict[str, str]:
    """The string below each member of an enum, or field of a dataclass, as one line."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(kind)))
    body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
    docs = {}
    for statement, following in itertools.pairwise(body):
        name, text = _assigned(statement), _string(following)
        if name and text is not None:
            docs[name] = inspect.cleandoc(text).replace("\n", " ")
    return docs


def _assigned(statement: ast.stmt) -> str:
    """The name that a statement gives a value; empty for any other."""
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    target = statement.target if isinstance(statement, ast.AnnAssign) else next(iter(targets), None)
    return target.id if isinstance(target, ast.Name) else ""


def _string(statement: ast.stmt) -> str | None:
    value = statement.value if isinstance(statement, ast.Expr) else None
    return str(value.value) if isinstance(value, ast.Constant) else None

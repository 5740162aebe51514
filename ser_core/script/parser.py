"""Tokens to tree: the top level and the statements. Conditions are in `conditions.py`.

One method for each rule of the grammar; a mistake is reported where it stands and the parser goes
on behind the statement, so that one run tells several.
"""

from __future__ import annotations

from ser_core.script import conditions, nodes, values
from ser_core.script.diagnostics import Reporter
from ser_core.script.lexer import Kind, Source, Token
from ser_core.script.settings import BY_ANY_NAME
from ser_core.script.settings import Kind as DirectiveKind
from ser_core.script.tokens import ROUTE_WORDS, SyntaxFault, TokenStream, describe

MAX_ARMS = 300
"""`else if`s of one `if`. They nest in the compiled code, whose depth Python bounds."""

LEAVE_WORDS = ("break", "drop", "exit", "return")

_FOREIGN = {
    "include": "SER's language has no include",
    "include_file": "SER's language has no include",
    "import_file": "SER's language has no include",
    "mpath": "modules are found by their name, a path is neither needed nor used",
    "while": "SER's language has no loops",
    "switch": "SER's language has no switch, use if and else if",
    "branch_route": "there are route, failure_route and onreply_route",
    "error_route": "there are route, failure_route and onreply_route",
    "event_route": "there are route, failure_route and onreply_route",
    "request_route": "the main block is called route",
    "reply_route": "there is onreply_route, armed with t_on_reply",
}


def parse(source: Source, reporter: Reporter) -> nodes.File:
    """The tree of a text; mistakes go to `reporter`."""
    return _Parser(source, reporter).file()


class _Parser:
    def __init__(self, source: Source, reporter: Reporter) -> None:
        self.stream = TokenStream(source, reporter)
        self.source = source
        self.reporter = reporter
        self.assigns: list[nodes.Assign] = []
        self.modules: list[nodes.LoadModule] = []
        self.params: list[nodes.ModParam] = []
        self.blocks: list[nodes.RouteBlock] = []

    # --- the top level

    def file(self) -> nodes.File:
        stream = self.stream
        while not stream.at_kind(Kind.END):
            start = stream.index
            try:
                self._top_level()
            except SyntaxFault:
                stream.depth = 0
                if stream.index == start:
                    stream.take()
                stream.skip_to_top_level()
        return nodes.File(
            self.source.file,
            tuple(self.assigns),
            tuple(self.modules),
            tuple(self.params),
            tuple(self.blocks),
        )

    def _top_level(self) -> None:
        token = self.stream.token
        if token.kind is not Kind.WORD:
            raise self._unexpected_at_top_level(token)
        if token.text in ROUTE_WORDS:
            self._route_block()
        elif token.text == "loadmodule":
            self._loadmodule()
        elif token.text == "modparam":
            self._modparam()
        elif self.stream.following.text == "=":
            self._assign()
        else:
            raise self._unexpected_at_top_level(token)

    def _unexpected_at_top_level(self, token: Token) -> SyntaxFault:
        fail = self.stream.fail
        if token.text == "}":
            return fail(token, 'unexpected "}"', "no block is open here")
        if token.text == ";":
            return fail(token, 'unexpected ";"', "outside of route blocks nothing is ended by one")
        if token.text in _FOREIGN:
            return fail(token, f'unexpected "{token.text}"', _FOREIGN[token.text])
        if token.text in BY_ANY_NAME:
            return fail(token, f'expected "=" behind "{token.text}"')
        if self.stream.following.text == "(" or token.text == "if":
            what = "an if" if token.text == "if" else "a command"
            return fail(token, f"{what} can stand in a route block only")
        return fail(
            token, f"expected a directive, loadmodule, modparam or route, not {describe(token)}"
        )

    def _loadmodule(self) -> None:
        stream = self.stream
        start = stream.take().start
        if not stream.at_kind(Kind.STRING):
            raise stream.fail(
                stream.token,
                f'expected a module in quotes behind "loadmodule", not {describe(stream.token)}',
            )
        path = values.string(stream)
        self.modules.append(nodes.LoadModule(stream.span_from(start), path))

    def _modparam(self) -> None:
        stream = self.stream
        start = stream.take().start
        stream.expect("(", 'behind "modparam"')
        module = self._modparam_string("the module's name")
        stream.expect(",", "behind the module's name")
        name = self._modparam_string("the parameter's name")
        stream.expect(",", "behind the parameter's name")
        value = values.number_or_string(stream)
        if value is None:
            raise stream.fail(
                stream.token, f"expected a number or a string, not {describe(stream.token)}"
            )
        stream.expect(")", "behind the value")
        self.params.append(nodes.ModParam(stream.span_from(start), module, name, value))
        if stream.at(";"):  # habit of those who know the language's descendants
            self.reporter.error(
                stream.span_of(stream.take()),
                'unexpected ";"',
                "outside of route blocks nothing is ended by one",
            )

    def _modparam_string(self, what: str) -> nodes.String:
        stream = self.stream
        if not stream.at_kind(Kind.STRING):
            raise stream.fail(
                stream.token, f"expected {what} in quotes, not {describe(stream.token)}"
            )
        return values.string(stream)

    def _assign(self) -> None:
        stream = self.stream
        token = stream.token
        name = nodes.Word(stream.span_of(stream.take()), token.text)
        stream.take()
        directive = BY_ANY_NAME.get(token.text)
        found: tuple[nodes.Value, ...]
        if directive is not None and directive.kind is DirectiveKind.ADDRESSES:
            found = values.addresses(stream)
        else:
            found = self._single_value(directive is not None)
        if not found:
            raise stream.fail_at(stream.span_behind(), f'expected a value for "{token.text}"')
        self.assigns.append(nodes.Assign(stream.span_from(token.start), name, found))

    def _single_value(self, known: bool) -> tuple[nodes.Value, ...]:
        """One value; behind an unknown name also the rest of the line, which nobody can judge."""
        stream = self.stream
        value = values.directive_value(stream)
        if not known:
            while not stream.at_kind(Kind.END) and not stream.at_line_start():
                stream.take()
        return (value,) if value is not None else ()

    # --- route blocks

    def _route_block(self) -> None:
        stream = self.stream
        token = stream.take()
        kind = nodes.Block(token.text)
        name = "0"
        if stream.take_if("["):
            name = values.route_name(stream).text
            stream.expect("]", "behind the route's name")
        elif kind is not nodes.Block.ROUTE:
            raise stream.fail(
                stream.token,
                f'expected "[" behind "{token.text}", not {describe(stream.token)}',
                f"a {token.text} has a number or a name, as in {token.text}[1]",
            )
        span = stream.span_from(token.start)
        opening = stream.expect("{", f'behind "{span_text(self.source, token, stream)}"')
        body = self.block(opening)
        self.blocks.append(nodes.RouteBlock(span, kind, name, body))

    def block(self, opening: Token) -> tuple[nodes.Statement, ...]:
        """Statements up to the brace that closes `opening`, which has been taken."""
        stream = self.stream
        stream.nested(opening)
        body: list[nodes.Statement] = []
        while not stream.take_if("}"):
            if stream.at_kind(Kind.END) or stream.at_top_level():
                raise self._never_closed(opening)
            if stream.take_if(";"):
                continue
            depth = stream.depth
            try:
                body.append(self.statement())
            except SyntaxFault:
                stream.depth = depth
                stream.skip_statement()
        stream.depth -= 1
        return tuple(body)

    def _never_closed(self, opening: Token) -> SyntaxFault:
        stream = self.stream
        if stream.at_kind(Kind.END):
            return stream.fail(opening, 'this "{" is never closed')
        return stream.fail(
            stream.token,
            f'"{stream.token.text}" can\'t stand in a route block',
            f'is the "{{" of line {self.source.line(opening.start)} not closed?',
        )

    # --- statements

    def statement(self) -> nodes.Statement:
        """One statement with its `;`, where it has one."""
        stream = self.stream
        if stream.at("if"):
            return self.if_statement()
        made = self.simple()
        if not stream.take_if(";"):
            self._missing_semicolon(made)
        return made

    def _missing_semicolon(self, made: nodes.Statement) -> None:
        """Reported; the statement counts when the next one begins a line, or a block ends."""
        stream = self.stream
        fault = stream.fail_at(stream.span_behind(), f'expected ";" behind {_name_of(made)}')
        if not stream.at_line_start() and not stream.at("}"):
            raise fault

    def simple(self) -> nodes.Call | nodes.CallRoute | nodes.Leave:
        """A command, without its `;`."""
        stream = self.stream
        token = stream.token
        if token.kind is not Kind.WORD:
            raise stream.fail(token, f"expected a command, not {describe(token)}")
        if token.text in LEAVE_WORDS:
            return self._leave()
        if token.text == "route":
            return self._call_route()
        if token.text == "else":
            raise stream.fail(token, '"else" without an if', 'no ";" can stand before else')
        if token.text in conditions.OPERANDS and stream.following.text != "(":
            raise stream.fail(token, f'"{token.text}" can stand in a condition only')
        if token.text in _FOREIGN:
            raise stream.fail(token, f'unexpected "{token.text}"', _FOREIGN[token.text])
        stream.take()
        if stream.at("="):
            raise stream.fail(
                token, f'"{token.text}" can\'t be set in a route block', "directives stand outside"
            )
        name = nodes.Word(stream.span_of(token), token.text)
        arguments = values.arguments(stream, token.text) if stream.at("(") else None
        return nodes.Call(stream.span_from(token.start), name, arguments)

    def _call_route(self) -> nodes.CallRoute:
        stream = self.stream
        token = stream.take()
        stream.expect("(", 'behind "route"')
        target = values.route_name(stream)
        stream.expect(")", "behind the route's name")
        return nodes.CallRoute(stream.span_from(token.start), target)

    def _leave(self) -> nodes.Leave:
        """break, drop and exit with or without (); return with or without a value."""
        stream = self.stream
        token = stream.take()
        value: int | None = None
        opened = stream.take_if("(")
        if token.text == "return":
            value = values.signed_number(stream)
        if opened:
            stream.expect(")", f'behind "{token.text}("')
        return nodes.Leave(stream.span_from(token.start), token.text, value)

    def if_statement(self) -> nodes.If:
        """Both forms of SER 0.9: a `;` may stand before `else` behind a bare command."""
        stream = self.stream
        start = stream.token
        stream.nested(start)
        arms: list[nodes.Arm] = []
        otherwise: tuple[nodes.Statement, ...] | None = None
        while True:
            token = stream.take()
            if len(arms) >= MAX_ARMS:
                raise stream.fail(token, f'more than {MAX_ARMS} "else if" in a row')
            condition = conditions.condition(stream, self)
            arms.append(nodes.Arm(condition, self._branch()))
            if not stream.take_if("else"):
                break
            if not stream.at("if"):
                otherwise = self._branch()
                break
        stream.depth -= 1
        return nodes.If(stream.span_from(start.start), tuple(arms), otherwise)

    def _branch(self) -> tuple[nodes.Statement, ...]:
        """What follows a condition or an else: a block, or one statement."""
        stream = self.stream
        if opening := stream.take_if("{"):
            return self.block(opening)
        if stream.take_if(";"):
            return ()
        if stream.at("if"):
            return (self.if_statement(),)
        made = self.simple()
        if not stream.take_if(";") and not stream.at("else"):
            self._missing_semicolon(made)
        return (made,)


def _name_of(made: nodes.Statement) -> str:
    if isinstance(made, nodes.Call):
        return f'"{made.name.text}"' if made.arguments is None else f'"{made.name.text}(…)"'
    if isinstance(made, nodes.CallRoute):
        return f'"route({made.target.text})"'
    return f'"{made.word}"' if isinstance(made, nodes.Leave) else "if"


def span_text(source: Source, token: Token, stream: TokenStream) -> str:
    """The text from `token` to the token taken last, on one line."""
    return " ".join(source.text[token.start : stream.tokens[stream.index - 1].end].split())

"""The parser's view of the tokens: look, take, expect, fail, and go on after a mistake."""

from __future__ import annotations

from ser_core.script.diagnostics import Reporter, Span
from ser_core.script.lexer import CUT, Kind, Source, Token, tokenize
from ser_core.script.settings import BY_ANY_NAME

MAX_NESTING = 100
"""Blocks, ifs and parentheses within each other, as in SER; Python's parser has a limit, too."""

ROUTE_WORDS = ("route", "failure_route", "onreply_route")


class SyntaxFault(Exception):
    """A mistake has been reported; the statement that it stands in is given up."""


class TokenStream:
    """Tokens of one text with a position."""

    def __init__(self, source: Source, reporter: Reporter) -> None:
        self.source = source
        self.reporter = reporter
        self.tokens = tokenize(source, reporter)
        self.index = 0
        self.depth = 0

    # --- looking

    @property
    def token(self) -> Token:
        return self.tokens[self.index]

    @property
    def following(self) -> Token:
        return self.tokens[min(self.index + 1, len(self.tokens) - 1)]

    def at(self, *texts: str) -> bool:
        """True when the token is one of these words or signs."""
        token = self.tokens[self.index]
        return token.text in texts and token.kind in (Kind.WORD, Kind.SIGN)

    def at_kind(self, kind: Kind) -> bool:
        return self.tokens[self.index].kind is kind

    def at_line_start(self) -> bool:
        """True when the token is the first of its line."""
        if self.index == 0:
            return True
        between = self.source.text[self.tokens[self.index - 1].end : self.token.start]
        return "\n" in between

    def at_top_level(self) -> bool:
        """True when the token surely begins a statement of the top level."""
        token, following = self.token, self.following
        if token.kind is not Kind.WORD:
            return False
        if token.text in ROUTE_WORDS:
            return following.text in ("[", "{")
        if token.text == "loadmodule":
            return following.kind is Kind.STRING
        if token.text == "modparam":
            return following.text == "("
        return token.text in BY_ANY_NAME and following.text == "="

    # --- taking

    def take(self) -> Token:
        """The token; go on to the next, never past the END."""
        token = self.tokens[self.index]
        if token.kind is not Kind.END:
            self.index += 1
        return token

    def take_if(self, *texts: str) -> Token | None:
        return self.take() if self.at(*texts) else None

    def take_to(self, end: int) -> None:
        """Go on to the first token that begins at or behind offset `end`."""
        while self.token.kind is not Kind.END and self.token.start < end:
            self.index += 1

    def expect(self, text: str, where: str) -> Token:
        """Take the sign `text`, or fail: expected "text" WHERE."""
        if self.at(text):
            return self.take()
        raise self.fail(self.token, f'expected "{text}" {where}, not {describe(self.token)}')

    def expect_behind(self, text: str, where: str) -> Token:
        """Like `expect`, but a mistake is shown where `text` is missing, behind the last token."""
        if self.at(text):
            return self.take()
        raise self.fail_at(self.span_behind(), f'expected "{text}" {where}')

    # --- failing

    def fail(self, token: Token, message: str, hint: str = "") -> SyntaxFault:
        """Report a mistake at `token`; the caller raises what it gets."""
        return self.fail_at(self.span_of(token), message, hint)

    def fail_at(self, span: Span, message: str, hint: str = "") -> SyntaxFault:
        if self.token.value == CUT and self.token.kind is Kind.END:
            return SyntaxFault()  # what is missing here may well stand in the part not read
        if not hint:
            hint = self._long_string_hint(span)
        self.reporter.error(span, message, hint)
        return SyntaxFault()

    def _long_string_hint(self, span: Span) -> str:
        """A quote forgotten lines above shows itself behind a string that spans lines."""
        if self.index == 0 or (string := self.tokens[self.index - 1]).kind is not Kind.STRING:
            return ""
        begin = self.source.line(string.start)
        if begin == self.source.line(string.end) or span.line != self.source.line(string.end):
            return ""
        return f"the string before it begins in line {begin}: is a quote missing there?"

    def nested(self, token: Token) -> None:
        """One level deeper; fails beyond MAX_NESTING. The caller counts `depth` down again."""
        if self.depth >= MAX_NESTING:
            raise self.fail(token, f"nested more than {MAX_NESTING} levels deep")
        self.depth += 1

    # --- spans

    def span_of(self, token: Token) -> Span:
        return self.source.span(token.start, token.end)

    def span_from(self, start: int) -> Span:
        """From offset `start` to the end of the token taken last."""
        return self.source.span(start, self.tokens[self.index - 1].end if self.index else start)

    def span_behind(self) -> Span:
        end = self.tokens[self.index - 1].end if self.index else 0
        return self.source.span(end, end)

    # --- after a mistake

    def skip_to_top_level(self) -> None:
        """Go to the next token that may begin a statement of the top level."""
        while not self.at_kind(Kind.END):
            if self.at_line_start() and (self.at_top_level() or self._at_assignment()):
                return
            self.take()

    def _at_assignment(self) -> bool:
        return self.at_kind(Kind.WORD) and self.following.text == "="

    def skip_statement(self) -> None:
        """Go behind the next `;`, to the `}` that ends the block, or to a new line's statement."""
        depth = 0
        moved = False
        while not self.at_kind(Kind.END) and not self.at_top_level():
            if self.at("{"):
                depth += 1
            elif self.at("}"):
                depth -= 1
                if depth < 0:
                    return
                if depth == 0:
                    self.take()
                    return
            elif depth == 0 and self.at(";"):
                self.take()
                return
            elif depth == 0 and moved and self.at_line_start() and self.at_kind(Kind.WORD):
                return
            self.take()
            moved = True


def describe(token: Token) -> str:
    """A token as an error message names it."""
    if token.kind is Kind.END:
        return "the end of the file"
    if token.kind is Kind.STRING:
        return "a string"
    return f'"{token.text[:40]}"'

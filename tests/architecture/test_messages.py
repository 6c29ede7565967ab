"""Messages of errors about a value have one grammar: ``name is value; expected ...``."""

import ast
import re

from test_architecture import MODULES

from spiking import errors

OURS = {name for name in vars(errors) if name.endswith("Error")}


def text_of(node):
    """Return the literal text of a message, with ``{}`` for what is filled in; None if it has none."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return None


def messages():
    for name, path in MODULES.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            call = node.exc if isinstance(node, ast.Raise) else None
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") in OURS and call.args:
                text = text_of(call.args[0])
                if text is not None:
                    yield f"{name}, line {node.lineno}", text


def test_what_was_expected_follows_what_was_found():
    found = list(messages())
    assert len(found) > 200
    for where, text in found:
        assert "\n" not in text, where
        assert not re.match(r"\w+ = \{\}", text), f"{where}: {text}; write `name is value; expected ...`"
        if "expected" in text:
            assert "; expected" in text, f"{where}: {text}"


def test_an_option_of_a_command_stands_beside_its_argument_in_python():
    found = [(where, text) for where, text in messages() if re.search(r"(?<![\w-])--[a-z]", text)]
    beside = [(where, text) for where, text in found if not where.startswith("command_line")]
    assert len(beside) > 5
    for where, text in beside:
        assert re.search(r"\w=|in Python", text), f"{where}: {text}; name the argument, too"

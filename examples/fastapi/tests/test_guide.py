"""The Python of docs/fastapi.md, from its first line to its last."""

import ast
import inspect
import pathlib
import re

GUIDE = pathlib.Path(__file__).resolve().parents[3] / "docs/fastapi.md"


async def test_what_the_guide_says_is_true(client, nuthatch_port):
    text = GUIDE.read_text()
    pieces = [(text[:found.start()].count("\n") + 1, found[1]) for found in re.finditer(r"^```python\n(.*?)^```", text, re.M | re.S)]
    assert len(pieces) > 10
    # Lines count as they do in the guide, so that a failure names one of them.
    program = ""
    for line, piece in pieces:
        program += "\n" * (line - program.count("\n")) + piece
    program = program.replace("redis://127.0.0.1:6379", f"redis://127.0.0.1:{nuthatch_port}")
    code = compile(program, str(GUIDE), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    running = eval(code, {"__name__": "guide"})
    if inspect.isawaitable(running):
        await running

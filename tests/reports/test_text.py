import html
import re

import markdown
import pandas as pd
import pytest
import torch

from lightning_course.models import Evaluation
from lightning_course.preprocessing import Tokenizer
from lightning_course.reports import text
from lightning_course.terminal import printable


def test_the_most_confident_mistakes_come_first() -> None:
    evaluation = Evaluation(
        split="test",
        predictions=torch.tensor([0.9, 0.6, 0.2, 0.01, 0.95]),
        targets=torch.tensor([0, 0, 1, 1, 1]),
        metrics={},
    )
    table = text.confident_mistakes(evaluation, list("abcde"), ["ham", "spam"])
    assert table["text"].tolist() == ["d", "a", "c", "b"]
    assert table["true"].tolist() == ["spam", "ham", "spam", "ham"]
    assert table["predicted"].tolist() == ["ham", "spam", "ham", "spam"]
    assert table["confidence"].tolist() == [0.99, 0.9, 0.8, 0.6]
    assert len(text.confident_mistakes(evaluation, list("abcde"), ["ham", "spam"], most=2)) == 2


def test_mistakes_among_three_classes() -> None:
    probabilities = torch.tensor([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8], [0.3, 0.4, 0.3]])
    evaluation = Evaluation("test", probabilities, torch.tensor([1, 1, 1]), {})
    table = text.confident_mistakes(evaluation, ["x", "y", "z"], ["a", "b", "c"])
    assert table["predicted"].tolist() == ["c", "a"]
    assert table["confidence"].tolist() == [0.8, 0.7]


@pytest.mark.parametrize(
    "cell",
    [
        "a | b",
        "<b>bold</b> <img src=http://example.org/x.png> &amp; &lt;",
        "[link](http://example.org) ![picture](http://example.org/x.png) <http://example.org>",
        "*a* **b** _c_ __d__ `e` ~~f~~ a\\b \\*",
        "# heading",
        "- item",
        "1. item 1) item",
        "[x]: http://example.org",
        "=== ---",
        "escape \x1b]0;title\x07 \u202eevil",
    ],
)
def test_a_cell_is_shown_as_it_is(cell: str) -> None:
    table = pd.DataFrame({"name": ["x"], "text": [cell]})
    written = text.as_markdown(table)
    assert len(written.splitlines()) == 3
    # As TensorBoard shows it.
    shown = markdown.markdown(written, extensions=["tables", "fenced_code"])
    tags = set(re.findall(r"<(\w+)", shown))
    assert tags == {"table", "thead", "tr", "th", "tbody", "td"}
    cells = re.findall("<td>(.*)</td>", shown)
    assert [html.unescape(found) for found in cells] == ["x", printable(cell)]


def test_a_cell_is_one_line() -> None:
    written = text.as_markdown(pd.DataFrame({"a\nb": ["c\r\n\nd\te"]}))
    assert written == "| a b |\n| &#45;&#45;&#45; |\n| c d e |".replace("&#45;", "-")


def test_the_projector_shows_a_row_for_each_word() -> None:
    tokenizer = Tokenizer()
    tokenizer.fit_on_texts(["win win now", "see you now", "odd\x85word"])
    tokens = torch.zeros(3, 4, dtype=torch.int32)
    for row, ids in enumerate(
        tokenizer.texts_to_sequences(["win win now", "see you now", "odd\x85word"])
    ):
        tokens[row, 4 - len(ids) :] = torch.tensor(ids)
    header, rows = text.vocabulary_metadata(
        tokenizer, tokens, torch.tensor([1, 0, 0]), ["ham", "spam"]
    )
    assert header == ["word", "texts", "share of spam"]
    assert len(rows) == len(tokenizer.word_index) + 1
    assert rows[0][0] == "(padding)"
    assert ["win", "1", "1.000"] in rows  # twice in one message counts once
    assert ["now", "2", "0.500"] in rows
    labels, names = torch.tensor([2, 0, 1]), ["a", "b", "c"]
    header, rows = text.vocabulary_metadata(tokenizer, tokens, labels, names)
    assert header == ["word", "texts", "share of a", "share of b", "share of c"]
    assert ["now", "2", "0.500", "0.000", "0.500"] in rows
    assert all(cell.isprintable() for row in rows for cell in row)

"""Reports of text tasks: the vocabulary for the embedding projector, and the mistakes."""

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
from torch import Tensor

from lightning_course.models import Evaluation
from lightning_course.preprocessing import Tokenizer
from lightning_course.reports.figures import predicted_class
from lightning_course.terminal import printable

# Characters with a meaning in Markdown, its tables or HTML.
_MARKUP = re.compile(r"[&<>|\\`*_{}\[\]()#+!~:-]")


def confident_mistakes(
    evaluation: Evaluation, texts: Sequence[str], class_names: Sequence[str], most: int = 20
) -> pd.DataFrame:
    """Return the misclassified texts, the most confident mistakes first.

    Args:
        evaluation: Of a classifier with probabilities (N,) or (N, K).
        texts: The rows of the split as text.
        class_names: Names of the labels 0 … K − 1.
        most: Maximum number of rows.

    Returns:
        Columns "true", "predicted", "confidence" (probability of the predicted class), "text".
    """
    targets = evaluation.targets.numpy()
    predicted, confidence = predicted_class(evaluation.predictions.numpy())
    names = np.array(class_names)
    table = pd.DataFrame(
        {
            "true": names[targets],
            "predicted": names[predicted],
            "confidence": confidence.astype(np.float64).round(4),
            "text": list(texts),
        }
    )
    wrong: pd.DataFrame = table[predicted != targets]
    return wrong.sort_values("confidence", ascending=False, kind="stable").head(most)


def as_markdown(table: pd.DataFrame) -> str:
    """Return a table in Markdown; each cell is one line of plain text, without links or HTML."""
    header, *rows = ([_literal(cell) for cell in row] for row in (table.columns, *table.to_numpy()))
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _literal(cell: object) -> str:
    """Return a cell as Markdown that shows its characters: no link, image, tag or emphasis."""
    text = printable(" ".join(str(cell).split()))
    return _MARKUP.sub(lambda match: f"&#{ord(match[0])};", text)


def vocabulary_metadata(
    tokenizer: Tokenizer, tokens: Tensor, labels: Tensor, class_names: Sequence[str]
) -> tuple[list[str], list[list[str]]]:
    """Return the columns that the embedding projector shows for each word.

    Args:
        tokenizer: Whose words number the embedding's rows from 1.
        tokens: Token indices of the training texts (N, T).
        labels: 0 … K − 1, (N,).
        class_names: K names.

    Returns:
        Column names, and for each row of the embedding (padding first) the word, the number of
        training texts that contain it, and the share of each class among these (for two classes,
        that of the second).
    """
    rows = len(tokenizer.word_index) + 1
    matrix, label = tokens.cpu().numpy(), labels.cpu().numpy()
    # A text counts once for a word, however often it contains the word.
    ordered = np.sort(matrix, axis=1)
    first = np.concatenate([np.ones((len(ordered), 1), bool), np.diff(ordered, axis=1) > 0], axis=1)
    texts = np.bincount(ordered[first], minlength=rows)
    classes = range(1, 2) if len(class_names) == 2 else range(len(class_names))
    counts = (np.bincount(ordered[first & (label[:, None] == k)], minlength=rows) for k in classes)
    shares = np.stack([count / np.maximum(texts, 1) for count in counts], axis=1)
    words = ["(padding)", *(_one_cell(tokenizer.index_word[row]) for row in range(1, rows))]
    header = ["word", "texts", *(f"share of {_one_cell(class_names[k])}" for k in classes)]
    return header, [
        [word, str(count), *(f"{share:.3f}" for share in row)]
        for word, count, row in zip(words, texts, shares, strict=True)
    ]


def _one_cell(word: str) -> str:
    """Keep a word within its cell: the projector's table is split at tabs and line ends."""
    return word if word.isprintable() and word else repr(word)

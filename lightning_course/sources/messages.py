"""The SMS Spam Collection: 5,572 text messages labelled ham or spam (course chapter 6.2)."""

import csv
import hashlib
from pathlib import Path

import pandas as pd

from lightning_course.sources.base import DataFile, DataSource, Mode, Provenance, obtain
from lightning_course.sources.standins.messages import generate_messages

KAGGLE_CSV = DataFile(
    path="spam/spam.csv",
    checksum="440e6ea9fa825578abfdd7b7932ef8393d72ef86c0c33f64676705ce40b1dfc2",
    urls=("https://lazyprogrammer.me/course_files/spam.csv",),
)
UCI_TABLE = DataFile(
    path="spam/SMSSpamCollection",
    checksum="7d039a24a6083ed9ef0f806ebad56bbb976e3aeb8de05669173bfdc4996c239d",
    urls=("https://archive.ics.uci.edu/static/public/228/sms+spam+collection.zip",),
    member="SMSSpamCollection",
)
SMS_SPAM = DataSource(
    name="SMS Spam Collection",
    # The Kaggle file first, as the course reads it.
    files=(KAGGLE_CSV, UCI_TABLE),
    licence="CC BY 4.0 (UCI Machine Learning Repository, data set 228)",
)


def load_messages(
    root: str | Path | None = None, mode: Mode = "auto", seed: int = 0
) -> tuple[pd.DataFrame, Provenance]:
    """Return the messages and where they came from.

    Args:
        root: Data folder, see :func:`~lightning_course.sources.obtain`.
        mode: Whether to read a local file, download or use the stand-in, see
            :func:`~lightning_course.sources.obtain`.
        seed: Seed of the stand-in; the real data do not depend on it.

    Returns:
        A frame with the columns ``label`` ("ham" or "spam") and ``text``, in the file's order, and
        the provenance.

    Raises:
        UserError: See :func:`~lightning_course.sources.obtain`.
    """
    found = obtain(SMS_SPAM, root, mode)
    if found is None:
        frame = generate_messages(seed)
        rows = "\n".join(frame["label"] + "\t" + frame["text"])
        return frame, Provenance(
            kind="stand-in",
            name="generated text messages",
            sha256=hashlib.sha256(rows.encode()).hexdigest(),
        )
    file, path = found
    if file is KAGGLE_CSV:
        # Not UTF-8, and three empty columns on the right.
        frame = pd.read_csv(
            path, encoding="ISO-8859-1", usecols=["v1", "v2"], keep_default_na=False
        ).rename(columns={"v1": "label", "v2": "text"})
    else:
        # Messages hold stray quotation marks: default quoting merges rows.
        frame = pd.read_csv(
            path,
            sep="\t",
            header=None,
            names=["label", "text"],
            quoting=csv.QUOTE_NONE,
            keep_default_na=False,
        )
    return frame, Provenance(kind="real", name=SMS_SPAM.name, sha256=file.checksum, file=path.name)

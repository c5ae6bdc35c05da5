"""Turns raw data into inputs: texts (course chapter 6.2), images (4.5), time series (5.2), tables.

``Tokenizer`` and ``pad_sequences`` give the same ids and arrays as Keras's tools of the same names.
``RandomAugmentation`` changes images as Keras's ``ImageDataGenerator`` does. ``sliding_windows``
cuts a time series into windows and the values that follow them.
"""

from lightning_course.preprocessing.augmentation import PerImage, RandomAugmentation
from lightning_course.preprocessing.padding import pad_sequences
from lightning_course.preprocessing.scaling import ColumnScaler, Scaling
from lightning_course.preprocessing.tokenizer import Tokenizer, text_to_word_sequence
from lightning_course.preprocessing.windows import half_split, sliding_windows
from lightning_course.preprocessing.word_vectors import read_word_vectors

__all__ = [
    "ColumnScaler",
    "PerImage",
    "RandomAugmentation",
    "Scaling",
    "Tokenizer",
    "half_split",
    "pad_sequences",
    "read_word_vectors",
    "sliding_windows",
    "text_to_word_sequence",
]

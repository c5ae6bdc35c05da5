"""Turn texts into padded arrays of word ids (course chapter 6.2), and vary images (chapter 4.5).

Tokenizer and padding give the same ids and arrays as Keras's preprocessing tools of the same names;
``RandomAugmentation`` changes images as its ``ImageDataGenerator`` does.
"""

from lightning_course.preprocessing.augmentation import PerImage, RandomAugmentation
from lightning_course.preprocessing.padding import pad_sequences
from lightning_course.preprocessing.tokenizer import Tokenizer, text_to_word_sequence
from lightning_course.preprocessing.word_vectors import read_word_vectors

__all__ = [
    "PerImage",
    "RandomAugmentation",
    "Tokenizer",
    "pad_sequences",
    "read_word_vectors",
    "text_to_word_sequence",
]

"""Turn texts into padded arrays of word ids (course chapter 6.2).

Tokenizer and padding give the same ids and arrays as Keras's preprocessing tools of the same names.
"""

from lightning_course.preprocessing.padding import pad_sequences
from lightning_course.preprocessing.tokenizer import Tokenizer, text_to_word_sequence
from lightning_course.preprocessing.word_vectors import read_word_vectors

__all__ = ["Tokenizer", "pad_sequences", "read_word_vectors", "text_to_word_sequence"]

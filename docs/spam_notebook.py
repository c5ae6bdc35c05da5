# %% [markdown]
# # Spam or ham: an embedding and an LSTM (chapter 6)
#
# This file is a notebook. VS Code opens it directly; for Jupyter and Colab, `jupytext --to notebook
# spam_notebook.py` converts it to `.ipynb`. In Colab, first run `%pip install git+ADDRESS` in a
# separate cell, with the address of this repository.
#
# The page `chapter_6.md` in the same folder shows each step next to its Keras code.

# %%
import pandas as pd
import pytorch_lightning as pl
import torch
from torch.nn.functional import cosine_similarity

from lightning_course.datamodules import SpamDataModule
from lightning_course.models import SpamClassifier
from lightning_course.nn import keras_parameter_count
from lightning_course.preprocessing import Tokenizer, pad_sequences
from lightning_course.reports import naive_baselines
from lightning_course.reports.figures import confusion_matrices, learning_curves
from lightning_course.reports.text import confident_mistakes
from lightning_course.training.callback import Report
from lightning_course.training.console import EpochLines, quieten

EPOCHS = 10
SEED = 0
quieten()  # Lightning says less about itself

# %% [markdown]
# ## The data
#
# The messages are read from this machine or downloaded. If neither works, a warning says so, and
# synthetic messages are used instead, the *stand-in*. The next cell shows which data you have. Do
# not compare a result on the stand-in with a result on the real messages.

# %%
data = SpamDataModule(seed=SEED)
data.prepare()
print(data.provenance)

# %%
tokens, labels = data.splits["train"]
rows = pd.DataFrame(
    {"label": [data.class_names[label] for label in labels], "text": data.row_texts("train")}
)
rows.head(10)

# %% [markdown]
# Most messages are ham. A model that always answers "ham" has the share of ham as its accuracy:
# this is the first number to beat.

# %%
rows["label"].value_counts(normalize=True)

# %% [markdown]
# ## From words to numbers
#
# Three sentences show what the tokenizer does. The most frequent word gets the number 1. No word
# gets 0, which is reserved for padding.

# %%
sentences = ["The kettle is on and the tea is hot.", "The train is late!", "Rain, again."]
tokenizer = Tokenizer()
tokenizer.fit_on_texts(sentences)
tokenizer.word_index

# %%
sequences = tokenizer.texts_to_sequences(sentences)
sequences

# %% [markdown]
# A network needs rows of equal length. As in Keras, zeros are added at the front by default, and a
# row that is too long loses its first words.

# %%
pad_sequences(sequences)

# %%
pad_sequences(sequences, maxlen=4)

# %%
pad_sequences(sequences, maxlen=4, padding="post", truncating="post")

# %% [markdown]
# `num_words=4` keeps the three most frequent words, not four, because 0 counts as well.
# `word_index` still contains all words.

# %%
small = Tokenizer(num_words=4)
small.fit_on_texts(sentences)
print(small.texts_to_sequences(sentences), len(small.word_index))

# %% [markdown]
# The data module has done the same with the training messages. The vocabulary was built from the
# training messages only; a word that occurs only in the test messages is dropped.

# %%
print(rows["text"][0])
print(tokens[0])
print(tokens.shape, data.vocabulary_size)

# %% [markdown]
# ## The model
#
# Each word becomes a vector of 20 numbers. An LSTM with 15 units reads the vectors in order. The
# largest value of each unit over the whole message goes to a dense layer with one output. This
# output is a *logit*; the probability is its sigmoid.

# %%
pl.seed_everything(SEED)
model = SpamClassifier(data.vocabulary_size, embedding_dim=20, hidden_size=15)
model.network

# %% [markdown]
# The number of parameters is the same as in Keras: (V + 1) · 20 for the embedding, which has one
# row for padding, 4 · 15 · (20 + 15 + 1) = 2,160 for the LSTM, 15 + 1 for the dense layer.

# %%
print(keras_parameter_count(model), (data.vocabulary_size + 1) * 20 + 2_160 + 16)

# %% [markdown]
# ## Training
#
# Lightning's `Trainer` replaces Keras's `fit`. The `Report` collects the metrics of each epoch and
# writes them to a folder.


# %%
def new_trainer(*callbacks):
    """Return a trainer that prints a line per epoch and writes neither logs nor checkpoints."""
    return pl.Trainer(
        max_epochs=EPOCHS,
        callbacks=[EpochLines(), *callbacks],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
    )


report = Report("spam_notebook")
trainer = new_trainer(report)
trainer.fit(model, datamodule=data)

# %% [markdown]
# As in the course, the validation curve uses the test messages. The training curve is the mean over
# an epoch during which the weights change, so at first it can be above the validation loss. The
# grey lines are two baselines: always the more frequent class, and a logistic regression on word
# counts, which ignores the order of the words.

# %%
baselines = naive_baselines(data, model.objective, "test")
learning_curves(report.history.frame(), f"spam, {data.provenance.kind} data", baselines)

# %% [markdown]
# ## The result
#
# Accuracy looks too good because most messages are ham. F1 measures how well spam is found.

# %%
trainer.test(model, datamodule=data, verbose=False)
evaluation = model.evaluations["test"]
pd.DataFrame({"this model": evaluation.metrics} | baselines).T

# %%
confusion_matrices(
    evaluation.targets.numpy(),
    (evaluation.predictions > 0.5).int().numpy(),
    data.class_names,
    f"test messages, {data.provenance.kind} data",
)

# %% [markdown]
# The model's most confident mistakes:

# %%
confident_mistakes(evaluation, data.row_texts("test"), data.class_names, most=10)

# %% [markdown]
# ## Your own messages
#
# Words that do not occur in the training messages are dropped. If a message has only such words,
# nothing but padding is left of it.


# %%
def spam_probability(model, data, texts):
    """Return the probability of spam for each text."""
    with torch.inference_mode():
        return model.eval().predict_step(data.encode(texts))


texts = ["You have won a free prize, call now", "I'll call you when I'm home", "Zyzzyva quokka"]
pd.DataFrame({"spam": spam_probability(model, data, texts), "text": texts})

# %% [markdown]
# ## What the embedding has learned
#
# Two words are similar if their vectors point in the same direction (cosine similarity 1). The
# model only learned to tell spam from ham, so similar vectors need not mean similar meanings. Words
# are numbered by frequency. Only the 500 most frequent are compared, because the vector of a rare
# word has hardly changed from its random initial value.

# %%
vectors = model.network.embedding.weight.detach()


def nearest(word, count=8):
    """Return the frequent words whose vectors are most like the word's."""
    index = data.tokenizer.word_index[word]
    similarity = cosine_similarity(vectors[:501], vectors[index], dim=1)
    order = similarity.argsort(descending=True).tolist()
    others = [row for row in order if row not in (0, index)][:count]
    return pd.Series({data.tokenizer.index_word[row]: similarity[row].item() for row in others})


nearest("call")

# %%
nearest("home")

# %% [markdown]
# ## Save and load
#
# The checkpoint contains the weights, the hyperparameters and the tokenizer. `weights_only=True`
# reads tensors and plain values and never runs code from the file.

# %%
path = "spam_notebook/spam.ckpt"
trainer.save_checkpoint(path)
loaded = SpamClassifier.load_from_checkpoint(path, weights_only=True)
loaded_data = SpamDataModule.load_from_checkpoint(path, weights_only=True)
print(spam_probability(loaded, loaded_data, texts) == spam_probability(model, data, texts))

# %% [markdown]
# ## Swap a part
#
# This model has a GRU instead of the LSTM and reads in both directions. One run of each says
# little, because another seed changes the metrics too. And if you choose between two models by
# their test results, you have used the test messages for training:
# `SpamDataModule(validation_fraction=0.2)` holds out training messages for such choices.

# %%
pl.seed_everything(SEED)
gru = SpamClassifier(data.vocabulary_size, cell="gru", bidirectional=True)
trainer = new_trainer()
trainer.fit(gru, datamodule=data)
trainer.test(gru, datamodule=data, verbose=False)
pd.DataFrame(
    {"LSTM": evaluation.metrics, "GRU, both directions": gru.evaluations["test"].metrics}
).T

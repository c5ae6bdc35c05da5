# %% [markdown]
# # Spam or ham: an embedding and an LSTM (chapter 6)
#
# This file is a notebook: VS Code opens it as it is, and `jupytext --to notebook
# spam_notebook.py` makes an `.ipynb` of it for Jupyter and Colab. In Colab, first run
# `%pip install git+ADDRESS` in a cell of its own, with the address of this repository.
#
# `chapter_6.md` beside this file sets each step beside its Keras line.

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
# The messages are looked for on this machine, then downloaded. If neither works, a warning says
# so and made-up messages take their place, the *stand-in*. The next line tells which you have. No
# result on the stand-in may be compared with one on the real messages.

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
# Most messages are ham. A model that always answers "ham" has that share as its accuracy: this is
# the first number to beat.

# %%
rows["label"].value_counts(normalize=True)

# %% [markdown]
# ## From words to numbers
#
# Three sentences show what the tokenizer does. The most frequent word gets 1; 0 belongs to no word
# and is left for padding.

# %%
sentences = ["The kettle is on and the tea is hot.", "The train is late!", "Rain, again."]
tokenizer = Tokenizer()
tokenizer.fit_on_texts(sentences)
tokenizer.word_index

# %%
sequences = tokenizer.texts_to_sequences(sentences)
sequences

# %% [markdown]
# A network wants rows of one length. As in Keras, zeros go in front unless you say otherwise, and
# a row that is too long loses its first words.

# %%
pad_sequences(sequences)

# %%
pad_sequences(sequences, maxlen=4)

# %%
pad_sequences(sequences, maxlen=4, padding="post", truncating="post")

# %% [markdown]
# `num_words=4` keeps the three most frequent words, not four, because 0 counts too. `word_index`
# still lists all words.

# %%
small = Tokenizer(num_words=4)
small.fit_on_texts(sentences)
print(small.texts_to_sequences(sentences), len(small.word_index))

# %% [markdown]
# The data module has done the same with the training messages. The test messages had no say in the
# vocabulary: a word that stands only in them is dropped.

# %%
print(rows["text"][0])
print(tokens[0])
print(tokens.shape, data.vocabulary_size)

# %% [markdown]
# ## The model
#
# Each word becomes a vector of 20 numbers, an LSTM with 15 units reads the vectors in order, and
# the largest value of each unit over the whole message goes to a dense layer with one output. That
# output is a *logit*; the probability is its sigmoid.

# %%
pl.seed_everything(SEED)
model = SpamClassifier(data.vocabulary_size, embedding_dim=20, hidden_size=15)
model.network

# %% [markdown]
# The number of parameters is Keras's: (V + 1) · 20 for the embedding with its row for padding,
# 4 · 15 · (20 + 15 + 1) = 2,160 for the LSTM, 15 + 1 for the dense layer.

# %%
print(keras_parameter_count(model), (data.vocabulary_size + 1) * 20 + 2_160 + 16)

# %% [markdown]
# ## Training
#
# Lightning's `Trainer` takes the place of `fit`. The `Report` keeps the figures of each epoch and
# writes them to a folder.


# %%
def new_trainer(*callbacks):
    """Return a trainer that prints a line an epoch and writes neither log nor checkpoints."""
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
# As in the course, the validation curve is that of the test messages. The training curve is the
# mean over an epoch in which the weights still move, so it can lie above the validation loss at
# first. The grey lines are two baselines: always the more frequent class, and a logistic regression
# that counts words and ignores their order.

# %%
baselines = naive_baselines(data, model.objective, "test")
learning_curves(report.history.frame(), f"spam, {data.provenance.kind} data", baselines)

# %% [markdown]
# ## The result
#
# Accuracy flatters, since most messages are ham. F1 is about the spam alone.

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
# The mistakes that the model was surest of:

# %%
confident_mistakes(evaluation, data.row_texts("test"), data.class_names, most=10)

# %% [markdown]
# ## Your own messages
#
# Words that the training messages do not have are dropped: a message of such words alone is all
# padding.


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
# Two words are near if their vectors point the same way (cosine similarity 1). The model was asked
# for spam or ham and nothing else, so near words need not have like meanings. Words are numbered by
# frequency; only the 500 most frequent are compared, because the vector of a rare word has hardly
# moved from its random start.

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
# The checkpoint holds weights, hyperparameters and the tokenizer. `weights_only=True` reads tensors
# and plain values and never runs code from the file.

# %%
path = "spam_notebook/spam.ckpt"
trainer.save_checkpoint(path)
loaded = SpamClassifier.load_from_checkpoint(path, weights_only=True)
loaded_data = SpamDataModule.load_from_checkpoint(path, weights_only=True)
print(spam_probability(loaded, loaded_data, texts) == spam_probability(model, data, texts))

# %% [markdown]
# ## Swap a part
#
# A GRU in place of the LSTM, reading in both directions. One run of each says little: another seed
# moves the figures too. And who picks the better of two by the test messages has used them for
# training: `SpamDataModule(validation_fraction=0.2)` sets rows aside for such choices.

# %%
pl.seed_everything(SEED)
gru = SpamClassifier(data.vocabulary_size, cell="gru", bidirectional=True)
trainer = new_trainer()
trainer.fit(gru, datamodule=data)
trainer.test(gru, datamodule=data, verbose=False)
pd.DataFrame(
    {"LSTM": evaluation.metrics, "GRU, both directions": gru.evaluations["test"].metrics}
).T

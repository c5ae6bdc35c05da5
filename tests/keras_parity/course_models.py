"""The course's Keras models, written out as its notes have them: the independent side.

Nothing here comes from lightning_course but the length of the messages and of their vocabulary.
Dtypes are Keras's defaults when a function is called.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from keras import Input, Model, Sequential
from keras.layers import (
    GRU,
    LSTM,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GlobalMaxPooling1D,
    MaxPooling2D,
    SimpleRNN,
)
from keras.optimizers import SGD, Adam, Optimizer

BINARY = "binary_crossentropy"
SPARSE = "sparse_categorical_crossentropy"


@dataclass(frozen=True)
class CourseModel:
    """What the course does for a task.

    Attributes:
        build: The data module, for what only the data can tell → the model.
        loss: As ``compile`` takes it.
        optimizer: Makes the optimiser.
        epochs: Of ``fit``.
        schedule: What ``LearningRateScheduler`` takes: epoch, rate → rate; None without one.
        batch_size: Of ``fit``, whose default it is.
    """

    build: Callable[[Any], Model]
    loss: str
    optimizer: Callable[[], Optimizer]
    epochs: int
    schedule: Callable[[int, float], float] | None = None
    batch_size: int = 32


# Chapter 2.2.


def breast_cancer(_: Any) -> Model:
    return Sequential([Input((30,)), Dense(1, activation="sigmoid")])


def moores_law(_: Any) -> Model:
    return Sequential([Input((1,)), Dense(1)])


def moores_law_schedule(epoch: int, rate: float) -> float:
    if epoch >= 50:
        return 0.0001
    return 0.001


# Chapter 3.2.


def mnist(_: Any) -> Model:
    return Sequential(
        [
            Input((28, 28)),
            Flatten(),
            Dense(128, activation="relu"),
            Dropout(0.2),
            Dense(10, activation="softmax"),
        ]
    )


# Chapter 4.4.


def fashion_mnist(_: Any) -> Model:
    i = Input((28, 28, 1))
    x = Conv2D(32, (3, 3), strides=2, activation="relu")(i)
    x = Conv2D(64, (3, 3), strides=2, activation="relu")(x)
    x = Conv2D(128, (3, 3), strides=2, activation="relu")(x)
    x = Flatten()(x)
    x = Dropout(0.2)(x)
    x = Dense(512, activation="relu")(x)
    x = Dropout(0.2)(x)
    x = Dense(10, activation="softmax")(x)
    return Model(i, x)


def cifar10(_: Any) -> Model:
    i = Input((32, 32, 3))
    x = Conv2D(32, (3, 3), strides=2, activation="relu")(i)
    x = Conv2D(64, (3, 3), strides=2, activation="relu")(x)
    x = Conv2D(128, (3, 3), strides=2, activation="relu")(x)
    x = Flatten()(x)
    x = Dropout(0.5)(x)
    x = Dense(1024, activation="relu")(x)
    x = Dropout(0.2)(x)
    x = Dense(10, activation="softmax")(x)
    return Model(i, x)


# Chapter 4.6.


def cifar10_vgg(_: Any) -> Model:
    i = Input((32, 32, 3))
    x = Conv2D(32, (3, 3), activation="relu", padding="same")(i)
    x = BatchNormalization()(x)
    x = Conv2D(32, (3, 3), activation="relu", padding="same")(x)
    x = BatchNormalization()(x)
    x = MaxPooling2D((2, 2))(x)
    x = Conv2D(64, (3, 3), activation="relu", padding="same")(x)
    x = BatchNormalization()(x)
    x = Conv2D(64, (3, 3), activation="relu", padding="same")(x)
    x = BatchNormalization()(x)
    x = MaxPooling2D((2, 2))(x)
    x = Conv2D(128, (3, 3), activation="relu", padding="same")(x)
    x = BatchNormalization()(x)
    x = Conv2D(128, (3, 3), activation="relu", padding="same")(x)
    x = BatchNormalization()(x)
    x = MaxPooling2D((2, 2))(x)
    x = Flatten()(x)
    x = Dropout(0.2)(x)
    x = Dense(1024, activation="relu")(x)
    x = Dropout(0.2)(x)
    x = Dense(10, activation="softmax")(x)
    return Model(i, x)


# Chapters 5.2 to 5.4: forecasting.


def linear_forecast(_: Any) -> Model:
    i = Input((10,))
    x = Dense(1)(i)
    return Model(i, x)


def sine_rnn(_: Any) -> Model:
    i = Input((10, 1))
    x = SimpleRNN(5, activation="relu")(i)
    x = Dense(1)(x)
    return Model(i, x)


def chirp_rnn(_: Any) -> Model:
    i = Input((10, 1))
    x = SimpleRNN(10)(i)
    x = Dense(1)(x)
    return Model(i, x)


def chirp_gru(_: Any) -> Model:
    i = Input((10, 1))
    x = GRU(10)(i)
    x = Dense(1)(x)
    return Model(i, x)


def chirp_lstm(_: Any) -> Model:
    i = Input((10, 1))
    x = LSTM(10)(i)
    x = Dense(1)(x)
    return Model(i, x)


# Chapter 5.4: XOR.


def xor_rnn(_: Any) -> Model:
    i = Input((10, 1))
    x = SimpleRNN(5)(i)
    x = Dense(1, activation="sigmoid")(x)
    return Model(i, x)


def xor_gru(_: Any) -> Model:
    i = Input((10, 1))
    x = GRU(5)(i)
    x = Dense(1, activation="sigmoid")(x)
    return Model(i, x)


def xor_lstm(_: Any) -> Model:
    i = Input((10, 1))
    x = LSTM(5)(i)
    x = Dense(1, activation="sigmoid")(x)
    return Model(i, x)


def xor_lstm_pool(_: Any) -> Model:
    i = Input((10, 1))
    x = LSTM(5, return_sequences=True)(i)
    x = GlobalMaxPooling1D()(x)
    x = Dense(1, activation="sigmoid")(x)
    return Model(i, x)


# Chapter 5.5.


def mnist_lstm(_: Any) -> Model:
    i = Input((28, 28))
    x = LSTM(128)(i)
    x = Dense(10, activation="softmax")(x)
    return Model(i, x)


# Chapter 5.6.


def stock_forecast(_: Any) -> Model:
    i = Input((10, 1))
    x = LSTM(5)(i)
    x = Dense(1)(x)
    return Model(i, x)


def stock_direction(_: Any) -> Model:
    i = Input((10, 5))
    x = LSTM(50)(i)
    x = Dense(1, activation="sigmoid")(x)
    return Model(i, x)


# Chapter 6.2.


def spam(data: Any) -> Model:
    words, length = data.vocabulary_size, data.splits["train"][0].shape[1]
    i = Input((length,))
    x = Embedding(words + 1, 20)(i)
    x = LSTM(15, return_sequences=True)(x)
    x = GlobalMaxPooling1D()(x)
    x = Dense(1, activation="sigmoid")(x)
    return Model(i, x)


def _xor(build: Callable[[Any], Model]) -> CourseModel:
    # One of four optimisers that the course leaves commented out.
    return CourseModel(build, BINARY, lambda: Adam(0.01), 100)


COURSE: dict[str, CourseModel] = {
    "breast_cancer": CourseModel(breast_cancer, BINARY, Adam, 100),
    "moores_law": CourseModel(
        moores_law, "mse", lambda: SGD(0.001, momentum=0.9), 200, moores_law_schedule
    ),
    "mnist": CourseModel(mnist, SPARSE, Adam, 10),
    "fashion_mnist": CourseModel(fashion_mnist, SPARSE, Adam, 15),
    "cifar10": CourseModel(cifar10, SPARSE, Adam, 15),
    "cifar10_vgg": CourseModel(cifar10_vgg, SPARSE, Adam, 50),
    "cifar10_vgg_augmented": CourseModel(cifar10_vgg, SPARSE, Adam, 50),
    "sine_linear": CourseModel(linear_forecast, "mse", lambda: Adam(0.1), 80),
    "sine_rnn": CourseModel(sine_rnn, "mse", lambda: Adam(0.1), 80),
    "chirp_linear": CourseModel(linear_forecast, "mse", lambda: Adam(0.01), 80),
    "chirp_rnn": CourseModel(chirp_rnn, "mse", lambda: Adam(0.05), 200),
    "chirp_gru": CourseModel(chirp_gru, "mse", lambda: Adam(0.05), 200),
    "chirp_lstm": CourseModel(chirp_lstm, "mse", lambda: Adam(0.05), 200),
    "xor_short_rnn": _xor(xor_rnn),
    "xor_short_gru": _xor(xor_gru),
    "xor_short_lstm": _xor(xor_lstm),
    "xor_short_lstm_pool": _xor(xor_lstm_pool),
    "xor_long_rnn": _xor(xor_rnn),
    "xor_long_gru": _xor(xor_gru),
    "xor_long_lstm": _xor(xor_lstm),
    "xor_long_lstm_pool": _xor(xor_lstm_pool),
    "mnist_lstm": CourseModel(mnist_lstm, SPARSE, Adam, 10),
    "stock_price": CourseModel(stock_forecast, "mse", lambda: Adam(0.1), 80),
    "stock_return": CourseModel(stock_forecast, "mse", lambda: Adam(0.1), 80),
    "stock_direction": CourseModel(stock_direction, BINARY, lambda: Adam(0.001), 300),
    "spam": CourseModel(spam, BINARY, Adam, 10),
}

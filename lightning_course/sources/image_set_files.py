"""Where MNIST, Fashion-MNIST and CIFAR-10 come from: file names, mirrors and checksums.

Folders, names and mirrors are torchvision's, so that a folder filled by torchvision can be used
here, and the other way round. A test compares them with torchvision's own, which take seconds to
import.
"""

from collections.abc import Sequence

from lightning_course.sources.base import DataFile, DataSource

_IDX_PARTS = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
# SHA-256 by part: of the published .gz, and of its content (torchvision leaves both on the disk).
_MNIST_CHECKSUMS = (
    (
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ),
    (
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ),
    (
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ),
    (
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
)
_FASHION_CHECKSUMS = (
    (
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    ),
    (
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    ),
    (
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    ),
    (
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    ),
)
# By batch, of the extracted files: the MD5 that torchvision knows.
_CIFAR10_CHECKSUMS = {
    "data_batch_1": "c99cafc152244af753f735de768cd75f",
    "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
    "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
    "data_batch_4": "634d18415352ddfa80567beed471001a",
    "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
    "test_batch": "40351d587109b95175f43aff81a1287e",
}
CIFAR10_FOLDER = "cifar-10-batches-py"


def idx_sources(
    name: str,
    folder: str,
    checksums: Sequence[tuple[str, str]],
    mirrors: Sequence[str],
    licence: str,
) -> tuple[DataSource, ...]:
    """Return the four parts of a set in MNIST's format."""
    return tuple(
        DataSource(
            name=name,
            files=(
                DataFile(
                    f"{folder}/raw/{part}.gz", packed, tuple(f"{url}{part}.gz" for url in mirrors)
                ),
                DataFile(f"{folder}/raw/{part}", unpacked),
            ),
            licence=licence,
            beside=", and the other three of the set beside it",
        )
        for part, (packed, unpacked) in zip(_IDX_PARTS, checksums, strict=True)
    )


MNIST = idx_sources(
    "MNIST",
    "MNIST",
    _MNIST_CHECKSUMS,
    ("https://ossci-datasets.s3.amazonaws.com/mnist/", "http://yann.lecun.com/exdb/mnist/"),
    "commonly given as CC BY-SA 3.0",
)
FASHION_MNIST = idx_sources(
    "Fashion-MNIST",
    "FashionMNIST",
    _FASHION_CHECKSUMS,
    ("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",),
    "MIT, Zalando SE",
)
CIFAR10_ARCHIVE = DataSource(
    name="CIFAR-10",
    files=(
        DataFile(
            "cifar-10-python.tar.gz",
            "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
            ("https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",),
        ),
    ),
    licence="no licence stated; Krizhevsky 2009",
    beside=f" or the folder {CIFAR10_FOLDER} that is in it",
)
CIFAR10_BATCHES = tuple(
    DataSource(
        name="CIFAR-10",
        files=(DataFile(f"{CIFAR10_FOLDER}/{batch}", f"md5:{checksum}"),),
        licence=CIFAR10_ARCHIVE.licence,
    )
    for batch, checksum in _CIFAR10_CHECKSUMS.items()
)

"""Data sets: the same files, read alike in both worlds."""

import hashlib
import pickle

import numpy as np
import pytest
from PIL import Image

from compat_tests.vision.reference import (
    OURS,
    THEIRS,
    assert_same,
    in_both,
    pil,
    pixels,
    same_error,
)


def in_batches(world, dataset, **settings):
    loader = world.torch.utils.data.DataLoader(dataset, batch_size=64, **settings)
    return [part for batch in loader for part in batch]


def usual(world):
    T = world.vision.transforms
    return T.Compose([T.ToTensor(), T.Normalize((0.1307,), (0.3081,))])


@pytest.mark.parametrize("train", [True, False])
def test_mnist(mnist_root, train):
    def body(world):
        dataset = world.vision.datasets.MNIST(mnist_root, train)
        return [
            len(dataset), dataset.data, dataset.targets, dataset[7], dataset[-1], dataset.classes,
            list(dataset.class_to_idx.items()), dataset.raw_folder, repr(dataset),
        ]  # fmt: skip

    assert_same(*in_both(body))


@pytest.mark.parametrize("workers", [0, 2])
def test_mnist_batches_are_equal_bit_for_bit(mnist_root, workers):
    def body(world):
        dataset = world.vision.datasets.MNIST(str(mnist_root), transform=usual(world))
        world.torch.manual_seed(4)
        batches = in_batches(world, dataset, shuffle=True, num_workers=workers)
        return [(part.shape, part.numpy().tobytes()) for part in batches]

    ours, theirs = in_both(body)
    assert len(ours) == 2 * 32
    assert ours == theirs


def following(digit):
    return digit + 1


def test_augmented_batches(mnist_root):
    def body(world):
        T = world.vision.transforms
        change = T.Compose([T.RandomCrop(28, 4), T.RandomRotation(10), usual(world)])
        dataset = world.vision.datasets.MNIST(mnist_root, False, change, following)
        return [*in_batches(world, dataset, shuffle=True), repr(dataset)]

    assert_same(*in_both(body))


def test_batches_of_v2(mnist_root):
    def body(world):
        v2, torch = world.vision.transforms.v2, world.torch
        change = v2.Compose([
            v2.ToImage(), v2.RandomResizedCrop(20, (0.5, 1)), v2.RandomHorizontalFlip(),
            v2.ToDtype(torch.float32, scale=True), v2.Normalize([0.13], [0.3]),
        ])  # fmt: skip
        dataset = world.vision.datasets.MNIST(mnist_root, False, change)
        batches = in_batches(world, dataset, shuffle=True)
        return [*batches, type(batches[0]) is torch.Tensor, repr(dataset)]

    # torchvision resizes bytes in whole numbers, so some are one step apart.
    assert_same(*in_both(body), atol=1.01 / 255 / 0.3)


def test_fashion_mnist_has_a_folder_of_its_own(mnist_root, tmp_path):
    for name in ("FashionMNIST", "KMNIST"):
        (tmp_path / name).symlink_to(mnist_root / "MNIST")

        def body(world, name=name):
            dataset = getattr(world.vision.datasets, name)(tmp_path, train=False)
            settings = dataset.mirrors, dataset.resources, dataset.classes
            return [dataset[3], repr(dataset), repr(settings)]

        assert_same(*in_both(body))


def test_old_names(mnist_root):
    def body(world):
        dataset = world.vision.datasets.MNIST(mnist_root, train=False)
        with pytest.warns(UserWarning, match="has been renamed") as caught:
            old = [dataset.test_data, dataset.train_labels, dataset.test_labels, dataset.train_data]
        return [str(warning.message) for warning in caught], old

    assert_same(*in_both(body))


@pytest.mark.parametrize("index", [500, -501])
def test_an_index_outside(mnist_root, index):
    for world in (OURS, THEIRS):
        dataset = world.vision.datasets.MNIST(mnist_root, train=False)
        with pytest.raises(IndexError):
            dataset[index]


@pytest.mark.parametrize("name", ["MNIST", "KMNIST", "CIFAR10", "CIFAR100"])
def test_missing_files(tmp_path, name):
    same_error(lambda world: getattr(world.vision.datasets, name)(tmp_path))


def test_settings_of_published_files():
    def body(world):
        names = ["MNIST", "CIFAR10", "CIFAR100"]
        settings = [
            {k: v for k, v in vars(getattr(world.vision.datasets, name)).items() if k in SETTINGS}
            for name in names
        ]
        return [repr(sorted(each.items())) for each in settings]

    assert_same(*in_both(body))


SETTINGS = "mirrors resources base_folder url filename tgz_md5 train_list test_list meta".split()


def write_cifar(folder, files: dict[str, list[str]], label: str, classes: tuple[str, list[str]]):
    """Batches in CIFAR's format; their checksums by name."""
    folder.mkdir()
    sums = {}
    contents = {
        name: {"data": pixels(len(label_list), 3072, 1, k)[:, :, 0], label: label_list}
        for k, (name, label_list) in enumerate(files.items())
    }
    contents[classes[0]] = {classes[1]: ["a", "b", "c"]}
    for name, content in contents.items():
        data = pickle.dumps(content)
        (folder / name).write_bytes(data)
        sums[name] = hashlib.md5(data).hexdigest()
    return sums


@pytest.mark.parametrize("train", [True, False])
@pytest.mark.parametrize("kind", ["CIFAR10", "CIFAR100"])
def test_cifar(tmp_path, monkeypatch, kind, train):
    classes = getattr(OURS.vision.datasets, kind)
    names = [name for name, _ in classes.train_list + classes.test_list]
    label = "labels" if kind == "CIFAR10" else "fine_labels"
    files = {name: [k % 3, 1, 2] for k, name in enumerate(names)}
    meta = classes.meta
    sums = write_cifar(
        tmp_path / classes.base_folder, files, label, (meta["filename"], meta["key"])
    )
    for world in (OURS, THEIRS):
        cls = getattr(world.vision.datasets, kind)
        for part in ("train_list", "test_list"):
            listed = [[name, sums[name]] for name, _ in getattr(cls, part)]
            monkeypatch.setattr(cls, part, listed)
        monkeypatch.setattr(cls, "meta", meta | {"md5": sums[meta["filename"]]})

    def body(world):
        dataset = getattr(world.vision.datasets, kind)(tmp_path, train, usual_rgb(world))
        return [
            dataset.data.tolist(), dataset.targets, dataset.classes, len(dataset), repr(dataset),
            dataset[1], list(dataset.class_to_idx.items()), in_batches(world, dataset),
        ]  # fmt: skip

    assert_same(*in_both(body))


def usual_rgb(world):
    T = world.vision.transforms
    return T.Compose([T.ToTensor(), T.Normalize((0.5,) * 3, (0.5,) * 3)])


@pytest.fixture
def folders(tmp_path):
    """Two classes, one of them nested; a file that is no image; an empty class."""
    for k, name in enumerate(["cat/1.png", "cat/b/0.JPG", "dog/2.bmp", "dog/10.png", "dog/x.txt"]):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".txt":
            path.write_text("no image")
        else:
            mode = ("L", "RGB", "RGBA")[k % 3] if path.suffix == ".png" else "RGB"
            pil(mode, 8, 9, seed=k).save(path)
    return tmp_path


class Named:
    """A transform whose text has several lines."""

    def __call__(self, value):
        return str(value)

    def __repr__(self):
        return "Named(\n    text\n)"


def test_image_folder(folders):
    def body(world):
        dataset = world.vision.datasets.ImageFolder(folders, target_transform=Named())
        return [
            dataset.classes, dataset.imgs, dataset.targets, len(dataset), list(dataset),
            repr(dataset), dataset.extensions,
        ]  # fmt: skip

    assert_same(*in_both(body))


def test_dataset_folder(folders):
    (folders / "none").mkdir()

    def body(world):
        DatasetFolder = world.vision.datasets.DatasetFolder
        text = DatasetFolder(str(folders), str, is_valid_file=is_text, allow_empty=True)
        images = DatasetFolder(folders, Image.open, (".PNG", ".png"), allow_empty=True)
        return [text.samples, list(text), text.class_to_idx["none"], len(images), repr(images)]

    assert_same(*in_both(body))


def is_text(path: str) -> bool:
    return path.endswith(".txt")


def test_errors_of_folders(folders, tmp_path_factory):
    empty = tmp_path_factory.mktemp("empty")
    bodies = [
        lambda d: d.ImageFolder(empty / "never"),
        lambda d: d.ImageFolder(empty),
        lambda d: d.DatasetFolder(folders, str),
        lambda d: d.DatasetFolder(folders, str, (".png",), is_valid_file=is_text),
        lambda d: d.DatasetFolder(folders, str, is_valid_file=is_text),
        lambda d: d.DatasetFolder(folders, str, (".bmp", ".gif")),
    ]
    for body in bodies:
        same_error(lambda world, body=body: body(world.vision.datasets))


def test_fake_data():
    def body(world):
        T = world.vision.transforms
        dataset = world.vision.datasets.FakeData(5, (3, 6, 7), 4, T.ToTensor(), random_offset=2)
        before = world.torch.rand(1)
        first = [dataset[k] for k in (0, 4, 0)]
        plain = world.vision.datasets.FakeData(5, (1, 6, 7))
        return [before, first, world.torch.rand(1), plain[1], repr(dataset), len(dataset)]

    assert_same(*in_both(body))
    same_error(lambda world: world.vision.datasets.FakeData(5)[5])


def test_vision_dataset_is_abstract():
    def body(world):
        VisionDataset = world.vision.datasets.VisionDataset

        class Pairs(VisionDataset):
            def __len__(self):
                return 3

            def extra_repr(self):
                return "Kind: a\nOther: b"

        dataset = Pairs("here", transform=Named(), target_transform=Named())
        with pytest.raises(NotImplementedError):
            VisionDataset("here")[0]
        return [repr(dataset), repr(Pairs("~x", lambda *pair: pair).transforms is None)]

    assert_same(*in_both(body))
    same_error(lambda world: world.vision.datasets.VisionDataset("x", len, len))


def test_a_file_that_is_no_idx_file(tmp_path):
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name, _ in OURS.vision.datasets.MNIST.resources:
        (raw / name.removesuffix(".gz")).write_bytes(b"no numbers")
    with pytest.raises(ValueError, match="no IDX file"):
        OURS.vision.datasets.MNIST(tmp_path)


def test_samples_do_not_share_memory_with_the_data(mnist_root):
    """As in torchvision, writing into an image leaves the data set as it is."""
    dataset = OURS.vision.datasets.MNIST(mnist_root, train=False)
    before = dataset.data[0].clone()
    image, _ = dataset[0]
    image.putpixel((3, 3), 77)
    tensor = OURS.vision.transforms.functional.pil_to_tensor(dataset[0][0])
    tensor += 1
    np.testing.assert_array_equal(dataset.data[0].numpy(), before.numpy())

"""What scripts use beside PyTorch works with our tensors, and prints what it prints there."""

import pytest

from compat_tests.scripts.processes import OURS, PLAIN, poison, python
from compat_tests.scripts.rewriting import with_our_imports

SCRIPTS = {
    "numpy": """
        import numpy as np
        import torch
        t = torch.arange(6.0).reshape(2, 3)
        functions = [
            np.mean, np.sum, np.max, np.std, np.sqrt, np.sin, np.array, np.asarray, np.argmax,
            np.ravel, np.transpose, np.cumsum, np.median, np.sort, np.unique, np.squeeze, np.round,
            np.isnan, np.abs, np.shape, np.ndim, np.any, np.clip, np.exp, np.linalg.norm,
        ]
        for function in functions:
            try:
                result = function(t, 0, 1) if function is np.clip else function(t)
                print(function.__name__, type(result).__name__, result)
            except TypeError as error:  # PyTorch does not take all that NumPy sends it
                print(function.__name__, type(error).__name__)
        print(np.stack([t, t]).shape, np.concatenate([t, t]).dtype, np.allclose(t, t.numpy()))
        shared = t.numpy()
        shared[0, 0] = 9
        print(t, np.array(torch.tensor(3)), np.mean(t.numpy()), np.array(t, dtype=np.int32))
        try:
            np.array(torch.ones(2, requires_grad=True))
        except RuntimeError as error:
            print(error)
        print(torch.tensor(np.float32(2.5)), torch.as_tensor(np.arange(3)))
        print(t + np.ones(3, dtype=np.float32), np.float32(2) * t[0, 1], t[np.array([1, 0])])
        for row in np.array(t):
            print(row)
    """,
    "matplotlib": """
        import matplotlib
        matplotlib.use("Agg")
        import matplotlib.pyplot as plt
        import torch
        x = torch.linspace(0, 1, 5)
        figure, axes = plt.subplots(1, 3)
        (line,) = axes[0].plot(x, x**2, label="square")
        print(line.get_xydata().tolist())
        dots = axes[0].scatter(x, x.sqrt(), c=x)
        print(dots.get_offsets().tolist())
        heights, edges, bars = axes[1].hist(torch.tensor([1.0, 2.0, 2.0]), bins=2)
        print(heights, edges)
        image = axes[2].imshow(torch.eye(3), cmap="gray")
        print(image.get_array().tolist())
        axes[0].fill_between(x, -x, x, alpha=0.5)
        axes[0].axhline(x.mean())
        axes[0].set_xlim(x[0], x[-1])
        axes[1].bar(torch.arange(3), torch.tensor([1, 2, 3]))
        axes[2].contourf(torch.rand(3, 3))
        figure.savefig("picture.png")
        print(open("picture.png", "rb").read(4))
    """,
    "scikit-learn": """
        import torch
        from sklearn.linear_model import LinearRegression, LogisticRegression
        from sklearn.metrics import accuracy_score, confusion_matrix, mean_squared_error
        from sklearn.model_selection import train_test_split
        from sklearn.preprocessing import StandardScaler
        torch.manual_seed(0)
        x = torch.randn(40, 3)
        y = x @ torch.tensor([1.0, -2.0, 0.5]) + 1
        train, test, y_train, y_test = train_test_split(x, y, random_state=0)
        print(type(train).__name__, train.shape, y_test.shape)
        model = LinearRegression().fit(train, y_train)
        error = mean_squared_error(y_test, model.predict(test))
        print(model.coef_.round(3), round(float(error), 4))
        labels = (y > 0).long()
        guess = torch.from_numpy(LogisticRegression().fit(x, labels).predict(x))
        print(accuracy_score(labels, guess), confusion_matrix(labels, guess))
        print(torch.tensor(StandardScaler().fit_transform(x)).mean(0).abs().max() < 1e-6)
    """,
    "pandas": """
        import pandas as pd
        import torch
        t = torch.arange(6.0).reshape(3, 2)
        frame = pd.DataFrame(t.numpy(), columns=["a", "b"])
        print(frame, frame.describe())
        print(pd.DataFrame({"a": t[:, 0], "n": torch.arange(3).numpy()}))
        print(pd.Series(t[:, 1]).tolist()[0], pd.Series(t[0].tolist()).sum())
        print(torch.tensor(frame.values), torch.tensor(frame["a"].to_numpy()).mean())
        print(torch.tensor(pd.Series([1, 2, 3]).values))
        print(torch.from_numpy(frame.to_numpy(copy=True)).dtype)
        print(pd.concat([frame, frame]).groupby("a").mean().loc[2.0, "b"] == t[1, 1])
    """,
    "tqdm": """
        import sys
        import torch
        from torch.utils.data import DataLoader, TensorDataset
        from tqdm import tqdm, trange
        loader = DataLoader(TensorDataset(torch.arange(10.0)), batch_size=4)
        form = "{l_bar}{n_fmt}/{total_fmt}{postfix}"
        bar = tqdm(loader, file=sys.stdout, bar_format=form, ascii=True)
        total = 0
        for (batch,) in bar:
            total += batch.sum()
            bar.set_postfix(loss=total.item())
        print()
        print(total, len(bar), sum(1 for _ in tqdm(torch.ones(3), file=sys.stdout, disable=True)))
        for i in trange(2, file=sys.stdout, bar_format="{n_fmt}"):
            pass
    """,
    "pillow": """
        import numpy as np
        import torch
        from PIL import Image
        t = (torch.arange(48) * 5).to(torch.uint8).reshape(4, 4, 3)
        image = Image.fromarray(t.numpy())
        image.save("picture.png")
        back = torch.from_numpy(np.array(Image.open("picture.png")))
        print(torch.equal(t, back), back.dtype, image.size, image.mode)
        gray = torch.tensor(np.asarray(image.convert("L")), dtype=torch.float32) / 255
        print(gray.mean(), torch.tensor(list(image.resize((2, 2)).tobytes())))
        print(Image.fromarray((gray * 255).byte().numpy(), mode="L").getpixel((1, 2)))
    """,
}


def script(folder, name, text):
    lines = text.strip("\n").splitlines()
    indent = len(lines[0]) - len(lines[0].lstrip())
    (folder / name).write_text("\n".join(line[indent:] for line in lines) + "\n")
    return name


@pytest.mark.parametrize("name", SCRIPTS)
def test_prints_the_same(tmp_path, name):
    (tmp_path / "poison").mkdir()
    options = {"cwd": tmp_path, "PYTHONWARNINGS": "ignore::DeprecationWarning"}
    theirs = python(*PLAIN, script(tmp_path, "script.py", SCRIPTS[name]), **options)
    assert theirs.returncode == 0, theirs.stderr
    options["path"] = [poison(tmp_path / "poison")]
    ours = python(*OURS, "script.py", **options)
    changed = script(tmp_path, "changed.py", with_our_imports(SCRIPTS[name]))
    direct = python(*PLAIN, changed, **options)
    for process in (ours, direct):
        assert process.stdout == theirs.stdout
        assert (process.returncode, process.stderr) == (0, "")

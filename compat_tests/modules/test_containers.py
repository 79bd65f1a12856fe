"""`Sequential`, `ModuleList`, `ModuleDict`, `ParameterList`, `ParameterDict`."""

from collections import OrderedDict


def piece(world, name):
    """A module that adds its name to a text, and shows it."""

    class Piece(world.nn.Module):
        def forward(self, text):
            return text + name

        def extra_repr(self):
            return name

    return Piece()


def pieces(world, names):
    return [piece(world, name) for name in names]


def test_sequential(same):
    def body(w, note):
        nn = w.nn
        s = nn.Sequential(*pieces(w, "abcd"))
        note(s, s(""), len(s), [m("") for m in s], nn.Sequential(), len(nn.Sequential()))
        note(s[0], s[-1], s[1:3], s[::2], s[::-1], s[5:])
        named = nn.Sequential(OrderedDict(x=piece(w, "x"), y=piece(w, "y")))
        note(named, named(""), named[0], named.x, named[:1], named[-1])
        for index in (4, -5, "a", 1.0, None):
            note.attempt(s.__getitem__, index)
            note.attempt(s.__setitem__, index, piece(w, "z"))
            note.attempt(s.__delitem__, index)
            note.attempt(s.pop, index)
        s[1] = piece(w, "B")
        named[1] = piece(w, "Y")
        note(s, named)
        note.attempt(s.__setitem__, 0, 3)
        del s[0]
        note(s, list(s._modules))
        del s[-2:]
        note(s, list(s._modules))
        note(s.append(piece(w, "e")) is s, s.extend(pieces(w, "fg")) is s, s(""))
        note(s.insert(1, piece(w, "i")) is s, s.insert(-1, piece(w, "j"))(""))
        note(s.insert(len(s), piece(w, "k")), list(s._modules))
        for index in (99, -99):
            note.attempt(s.insert, index, piece(w, "n"))
        note.attempt(s.insert, 0, 3)
        note.attempt(s.append, 3)
        note.attempt(nn.Sequential, 3)
        note.attempt(nn.Sequential, pieces(w, "a"))
        note(s.pop(0), s.pop(-1), s.pop(slice(0, 2)), s)
        note([n for n, _ in s.named_modules()], [n for n in dir(s) if n.isdigit()])

    same(body)


def test_sequential_arithmetic(same):
    def body(w, note):
        nn = w.nn
        a, b = nn.Sequential(*pieces(w, "ab")), nn.Sequential(*pieces(w, "cd"))
        note(a + b, (a + b)(""), (a * 2)(""), (3 * a)(""), a * True, (a * 2)[0] is a[0])
        note.attempt(lambda: a + [1])
        note.attempt(lambda: a + pieces(w, "a"))
        for factor in (0, -1, 1.5, "a", None):
            note.attempt(lambda factor=factor: a * factor)
            note.attempt(lambda factor=factor: factor * a)
            note.attempt(a.__imul__, factor)
        c = a
        c += b
        note(c is a, a(""))
        c *= 2
        note(c is a, a(""), list(a._modules))
        note.attempt(a.__iadd__, 3)

    same(body)


def test_module_list(same):
    def body(w, note):
        nn = w.nn
        m = nn.ModuleList(pieces(w, "abcd"))
        note(m, len(m), [p("") for p in m], nn.ModuleList(), m[0], m[-1], m[1:3], m[::-1])
        for index in (4, -5, "a", 1.0, None):
            note.attempt(m.__getitem__, index)
            note.attempt(m.__setitem__, index, piece(w, "z"))
            note.attempt(m.__delitem__, index)
        m[1] = piece(w, "B")
        del m[0]
        note(m, list(m._modules), m.insert(1, piece(w, "i")), m)
        del m[:2]
        note(m.append(piece(w, "e")) is m, m.extend(pieces(w, "fg")) is m, m)
        note(m + pieces(w, "xy"), m + m, m.pop(0), m.pop(-1), m.pop(slice(1)), m)
        m += pieces(w, "zz")
        note(m, piece(w, "q") in m, m[0] in m)
        note.attempt(m.extend, 3)
        note.attempt(m.append, 3)
        note.attempt(nn.ModuleList, 3)
        note.attempt(m, 3)
        m.append(None)
        note(m, m[-1])

    same(body)


def test_module_list_text(same):
    def body(w, note):
        nn = w.nn
        block = lambda *names: nn.Sequential(*pieces(w, names))  # noqa: E731
        note(nn.ModuleList([piece(w, "a") for _ in range(3)]))
        note(nn.ModuleList(pieces(w, "aabccca")))
        note(nn.ModuleList([block("a", "b"), block("a", "b"), block("a")]))
        note(nn.ModuleList([nn.ModuleList(pieces(w, "aa"))] * 2))
        outer = nn.Module()
        outer.blocks = nn.ModuleList([block("a\nb", "c"), block("a\nb", "c")])
        note(outer)

    same(body)


def test_module_dict(same):
    def body(w, note):
        nn = w.nn
        m = nn.ModuleDict({"one": piece(w, "1"), "two": piece(w, "2")})
        note(m, len(m), list(m), list(m.keys()), list(m.values()), list(m.items()))
        note("one" in m, "three" in m, m["two"], nn.ModuleDict())
        m["three"] = piece(w, "3")
        m.update({"one": piece(w, "uno")})
        m.update([("four", piece(w, "4")), ["five", piece(w, "5")]])
        m.update(nn.ModuleDict({"six": piece(w, "6")}))
        note(m, m.pop("four"), list(m))
        del m["one"]
        note(list(m))
        for key in ("none", 3):
            note.attempt(m.__getitem__, key)
            note.attempt(m.__delitem__, key)
            note.attempt(m.pop, key)
        for name in ("a.b", "", 3, "pop", "training"):
            note.attempt(m.__setitem__, name, piece(w, "a"))
        note.attempt(m.__setitem__, "x", 3)
        for wrong in (3, [3], [("a",)], [(1, 2, 3)], ["ab"]):
            note.attempt(m.update, wrong)
        note.attempt(m, 1)
        note(m.clear(), len(m))
        note(nn.ModuleDict([("a", piece(w, "a"))]))

    same(body)


def test_parameter_list(same):
    def body(w, note):
        nn = w.nn
        p = nn.ParameterList([w.ones(2, 3), nn.Parameter(w.zeros(1)), 5, w.tensor(1.0)])
        note(
            p,
            len(p),
            list(p),
            p[0],
            p[-1],
            p[1:3],
            [n for n, _ in p.named_parameters()],
        )
        p[0] = w.zeros(2)
        p[2] = "text"
        note(p, p.append(w.ones(1)) is p, p.extend([w.ones(1)]) is p, p)
        p += [w.ones(1)]
        note(p, nn.ParameterList(), p.state_dict(), nn.ParameterList([piece(w, "a")]))
        for index in (99, -99, "a", 1.0):
            note.attempt(p.__getitem__, index)
            note.attempt(p.__setitem__, index, 1)
        for wrong in (3, w.ones(2)):
            note.attempt(p.extend, wrong)
        note.attempt(p)
        p[0].requires_grad_(False)
        note(p.double(), [n for n in dir(p) if n.isdigit()])

    same(body)


def test_parameter_dict(same):
    def body(w, note):
        nn = w.nn
        p = nn.ParameterDict({"b": w.ones(2, 3), "a": nn.Parameter(w.zeros(1)), "n": 5})
        note(p, len(p), list(p), list(reversed(p)), list(p.items()), list(p.values()))
        note(list(p.keys()), p["b"], p.b, "a" in p, "z" in p, nn.ParameterDict())
        note([n for n, _ in p.named_parameters()], p.state_dict())
        p["c"] = w.tensor(1)[None].float()
        note(p.get("c"), p.get("z"), p.get("z", 7), p.setdefault("d", w.ones(1)))
        note(p.setdefault("d", w.zeros(1)), p.pop("d"), p.popitem(), list(p))
        note(p.copy(), p.fromkeys(["x", "y"], 3), p.fromkeys("ab"))
        other = nn.ParameterDict(OrderedDict(b=w.zeros(1), q=w.zeros(2)))
        note(p | other, other | p, list(p))
        p |= other
        note(p, p["b"])
        p.update([("t", w.ones(1))])
        p.update({"v": w.ones(1), "u": w.ones(1)})
        note(list(p))
        del p["q"]
        for key in ("none", 3):
            note.attempt(p.__getitem__, key)
            note.attempt(p.__delitem__, key)
        for key in (3, "a.b", "", "update"):
            note.attempt(nn.ParameterDict().__setitem__, key, w.ones(1))
        for wrong in (3, [3], [("a",)], [(1, 2, 3)]):
            note.attempt(p.update, wrong)
        note.attempt(p, 1)
        note(p.clear(), len(p), list(p.named_parameters()))
        note.attempt(p.popitem)

    same(body)


def test_container_is_deprecated(same):
    def body(w, note):
        from importlib import import_module

        containers = import_module(w.__name__ + ".nn.modules.container")
        note.attempt(lambda: containers.Container(a=piece(w, "a")))

    same(body)

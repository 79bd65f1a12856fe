import torch, copy
from torch import nn, optim
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

torch.manual_seed(42)
d = load_digits()
x_tr, x_te, y_tr, y_te = train_test_split(d.data / 16, d.target, test_size=0.3, random_state=0)
x_tr, x_te = torch.tensor(x_tr, dtype=torch.float32), torch.tensor(x_te, dtype=torch.float32)
y_tr, y_te = torch.tensor(y_tr), torch.tensor(y_te)


def batches(bs=100):
    for idx in torch.randperm(len(x_tr)).split(bs):
        yield x_tr[idx], y_tr[idx]


def test(model):
    model.eval()
    with torch.no_grad():
        return 100 * (model(x_te).argmax(1) == y_te).float().mean().item()


def train(model, epochs, lr):
    opt = optim.Adam(model.parameters(), lr=lr)
    ce = nn.CrossEntropyLoss()
    model.train()
    for e in range(epochs):
        running = 0.
        for xb, yb in batches():
            opt.zero_grad()
            loss = ce(model(xb), yb)
            loss.backward()
            opt.step()
            running += loss.item()
        print(f"Epoch {e+1}/{epochs}, Loss: {running / 13}")


def train_kd(teacher, student, epochs, lr, T=2., soft_w=0.25, ce_w=0.75):
    opt = optim.Adam(student.parameters(), lr=lr)
    teacher.eval()
    student.train()
    for e in range(epochs):
        running = 0.
        for xb, yb in batches():
            opt.zero_grad()
            with torch.no_grad():
                teacher_logits = teacher(xb)
            student_logits = student(xb)
            soft_targets = F.softmax(teacher_logits / T, dim=-1)
            soft_prob = F.log_softmax(student_logits / T, dim=-1)
            soft_loss = torch.sum(soft_targets * (soft_targets.log() - soft_prob)) / soft_prob.size()[0] * (T**2)
            kl = F.kl_div(soft_prob, soft_targets, reduction="batchmean") * T ** 2
            loss = soft_w * soft_loss + ce_w * F.cross_entropy(student_logits, yb)
            loss.backward()
            opt.step()
            running += loss.item()
        print(f"Epoch {e+1}/{epochs}, Loss: {running / 13}", f"kl {kl:.4f} {soft_loss:.4f}")


teacher = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Dropout(0.1), nn.Linear(64, 10))
light = nn.Sequential(nn.Linear(64, 8), nn.ReLU(), nn.Linear(8, 10))
light_kd = copy.deepcopy(light)
print("Norm of 1st layer of light model:", torch.norm(light[0].weight).item())
print("Norm of 1st layer of copy:", torch.norm(light_kd[0].weight).item())
for m in (teacher, light):
    print("{:,}".format(sum(p.numel() for p in m.parameters())))
train(teacher, 5, 5e-3)
print(f"Teacher accuracy: {test(teacher):.2f}%")
train(light, 3, 5e-3)
a = test(light)
train_kd(teacher, light_kd, 3, 5e-3)
print(f"Student accuracy without teacher: {a:.2f}%")
print(f"Student accuracy with CE + KD: {test(light_kd):.2f}%")

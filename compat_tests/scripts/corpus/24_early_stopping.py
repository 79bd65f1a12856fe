import copy
import torch
from torch import nn

torch.manual_seed(0)


class EarlyStopping:
    """Early stops the training if validation loss doesn't improve after a given patience."""

    def __init__(self, patience=7, verbose=False, delta=0, trace_func=print):
        self.patience, self.verbose, self.delta, self.trace_func = patience, verbose, delta, trace_func
        self.counter, self.best_score, self.early_stop = 0, None, False
        self.val_loss_min = float("inf")

    def __call__(self, val_loss, model):
        score = -val_loss
        if self.best_score is None:
            self.best_score = score
            self.save_checkpoint(val_loss, model)
        elif score < self.best_score + self.delta:
            self.counter += 1
            if self.counter % 5 == 0:
                self.trace_func(f'EarlyStopping counter: {self.counter} out of {self.patience}')
            if self.counter >= self.patience:
                self.early_stop = True
        else:
            self.best_score = score
            self.save_checkpoint(val_loss, model)
            self.counter = 0

    def save_checkpoint(self, val_loss, model):
        if self.verbose:
            self.trace_func(f'Validation loss decreased ({self.val_loss_min:.4f} --> {val_loss:.4f}).')
        self.best_state = copy.deepcopy(model.state_dict())
        self.val_loss_min = val_loss


x = torch.randn(40, 12)
y = (x[:, :1] > 0).float()
y[::7] = 1 - y[::7]
x_tr, y_tr, x_va, y_va = x[:24], y[:24], x[24:], y[24:]
model = nn.Sequential(nn.Linear(12, 40), nn.ReLU(), nn.Linear(40, 1))
loss_fn = nn.BCEWithLogitsLoss()
opt = torch.optim.Adam(model.parameters(), lr=5e-3)
stopper = EarlyStopping(patience=10, verbose=True, delta=1e-3)
for epoch in range(200):
    model.train()
    opt.zero_grad()
    loss = loss_fn(model(x_tr), y_tr)
    loss.backward()
    opt.step()
    model.eval()
    with torch.inference_mode():
        val = loss_fn(model(x_va), y_va)
    stopper(val.item(), model)
    if stopper.early_stop:
        print("Early stopping in epoch", epoch)
        break
last = model.state_dict()["0.bias"].clone()
print(model.load_state_dict(stopper.best_state))
print("changed:", not torch.equal(last, model[0].bias), f"best {stopper.val_loss_min:.5f}", val, val.is_inference())

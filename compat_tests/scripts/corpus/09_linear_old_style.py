import torch
from torch.autograd import Variable

torch.manual_seed(1)

x_data = Variable(torch.Tensor([[1.0], [2.0], [3.0]]))
y_data = Variable(torch.Tensor([[2.0], [4.0], [6.0]]))


class Model(torch.nn.Module):

    def __init__(self):
        """
        In the constructor we instantiate one nn.Linear module
        """
        super(Model, self).__init__()
        self.linear = torch.nn.Linear(1, 1)  # One in and one out

    def forward(self, x):
        y_pred = self.linear(x)
        return y_pred


# our model
model = Model()

criterion = torch.nn.MSELoss(size_average=False)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)

for epoch in range(100):
    y_pred = model(x_data)
    loss = criterion(y_pred, y_data)
    if epoch % 20 == 0:
        print(epoch, loss.data.item())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

hour_var = Variable(torch.Tensor([[4.0]]))
print("predict (after training)", 4, model.forward(hour_var).data[0][0].item())
print(model(hour_var).data[0])

# by hand, as before there was nn
w = Variable(torch.Tensor([1.0]), requires_grad=True)
for epoch in range(3):
    for x_val, y_val in zip([1.0, 2.0, 3.0], [2.0, 4.0, 6.0]):
        l = (x_val * w - y_val) ** 2
        l.backward()
        print("\tgrad: ", x_val, y_val, w.grad.data[0])
        w.data = w.data - 0.01 * w.grad.data
        w.grad.data.zero_()
    print("progress:", epoch, l.data[0])
print(w, w.data, w.grad)

f = torch.FloatTensor([[1, 2], [3, 4]])
l = torch.LongTensor([1, 0])
z = torch.FloatTensor(2, 2).zero_()
z.data[0] = 7
print(f, l, z, f[l], f.type(), l.type(), f.numpy().dtype, f.index_select(1, l))
b = torch.ByteTensor([0, 1])
print(b, torch.DoubleTensor([0.5]), Variable(f, requires_grad=True), f.mm(z), f.sub(z).abs_())
print(f.cuda() if torch.cuda.is_available() else "no GPU", Variable(f).data is f)

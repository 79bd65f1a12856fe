# Gradient accumulation gives the gradient of the large batch.
import torch
import torch.nn as nn
import copy
torch.manual_seed(3)
model = nn.Sequential(nn.Linear(6, 12), nn.Sigmoid(), nn.Linear(12, 4))
twin = copy.deepcopy(model)
criterion = nn.CrossEntropyLoss()
inputs, labels = torch.randn(48, 6), torch.randint(0, 4, (48,))
accumulation_steps = 4
optimizer = torch.optim.SGD(model.parameters(), lr=0.3, momentum=0.9, nesterov=True)
optimizer2 = torch.optim.SGD(twin.parameters(), lr=0.3, momentum=0.9, nesterov=True)
for epoch in range(10):
    model.zero_grad()
    running = 0
    for i, (x, y) in enumerate(zip(inputs.chunk(accumulation_steps), labels.chunk(accumulation_steps))):
        predictions = model(x)
        loss = criterion(predictions, y)
        loss = loss / accumulation_steps
        loss.backward()
        running += loss.item()
        if (i+1) % accumulation_steps == 0:
            optimizer.step()
            model.zero_grad()
    optimizer2.zero_grad()
    big = criterion(twin(inputs), labels)
    big.backward()
    optimizer2.step()
    if epoch % 3 == 0:
        print("epoch %d accumulated %.5f whole %.5f" % (epoch, running, big.item()))
print(all(torch.allclose(a, b, atol=1e-5) for a, b in zip(model.parameters(), twin.parameters())))
print([p.grad is None for p in model.parameters()])
print(optimizer.state_dict()['param_groups'])
print(optimizer.state[model[2].bias]['momentum_buffer'])
print(sorted(optimizer.state_dict()['state']))

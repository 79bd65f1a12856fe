from __future__ import print_function
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torchvision import datasets, transforms


class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.fc1 = nn.Linear(784, 32)
        self.dropout = nn.Dropout(0.25)
        self.fc2 = nn.Linear(32, 10)

    def forward(self, x):
        x = torch.flatten(x, 1)
        x = self.dropout(F.relu(self.fc1(x)))
        return F.log_softmax(self.fc2(x), dim=1)


def main():
    torch.manual_seed(1)
    transform = transforms.Compose([
        transforms.ToTensor(),
        transforms.Normalize((0.1307,), (0.3081,))
    ])
    dataset = datasets.MNIST('data', train=False, transform=transform)
    print(dataset)
    print(dataset.classes[3], dataset.data.shape, dataset.targets[:10])
    image, label = dataset[0]
    print(image.shape, image.min(), image.max(), label)
    n = len(dataset)
    train, test = torch.utils.data.random_split(dataset, [n - n // 4, n // 4])
    train_loader = torch.utils.data.DataLoader(train, batch_size=64, shuffle=True)
    test_loader = torch.utils.data.DataLoader(test, batch_size=1000)
    model = Net()
    optimizer = optim.Adadelta(model.parameters(), lr=1.0)
    for epoch in range(1, 3):
        model.train()
        for batch_idx, (data, target) in enumerate(train_loader):
            optimizer.zero_grad()
            loss = F.nll_loss(model(data), target)
            loss.backward()
            optimizer.step()
        print('Train Epoch: {}\tLoss: {:.6f}'.format(epoch, loss.item()))
        model.eval()
        test_loss = correct = 0
        with torch.no_grad():
            for data, target in test_loader:
                output = model(data)
                test_loss += F.nll_loss(output, target, reduction='sum').item()
                correct += output.argmax(1).eq(target).sum().item()
        print('Average loss: {:.4f}, Accuracy: {}/{} ({:.0f}%)'.format(
            test_loss / len(test), correct, len(test), 100. * correct / len(test)))


if __name__ == '__main__':
    main()

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.utils.data import DataLoader, Subset
from torchvision import datasets, transforms

# LeNet-5 on (a part of) MNIST

class LeNet(nn.Module):
    def __init__(self, num_classes=10):
        super(LeNet, self).__init__()
        self.conv1 = nn.Conv2d(1, 6, kernel_size=5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, kernel_size=5)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, num_classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), (2, 2))
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = x.view(-1, self.num_flat_features(x))
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)

    def num_flat_features(self, x):
        n = 1
        for s in x.size()[1:]:
            n *= s
        return n


def train(model, device, loader, criterion, optimizer, epoch):
    model.train()
    for batch_idx, (images, labels) in enumerate(loader):
        images, labels = images.to(device), labels.to(device)
        optimizer.zero_grad()
        loss = criterion(model(images), labels)
        loss.backward()
        optimizer.step()
        if batch_idx % 5 == 0:
            print(f'Train Epoch: {epoch} [{batch_idx * len(images)}/{len(loader.dataset)}]\tLoss: {loss.item():.4f}')


@torch.no_grad()
def evaluate(model, device, loader, criterion):
    model.eval()
    total_loss, correct = 0.0, 0
    for images, labels in loader:
        images, labels = images.to(device), labels.to(device)
        out = model(images)
        total_loss += criterion(out, labels).item() * len(images)
        correct += (out.argmax(dim=1) == labels).sum().item()
    return total_loss / len(loader.dataset), correct


if __name__ == '__main__':
    torch.manual_seed(42)
    device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')
    tf = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
    train_set = Subset(datasets.MNIST('data', train=True, transform=tf), range(960))
    test_set = datasets.MNIST('data', train=False, transform=tf)
    train_loader = DataLoader(train_set, batch_size=64, shuffle=True)
    test_loader = DataLoader(test_set, batch_size=250)

    model = LeNet().to(device)
    print(model)
    print('parameters:', sum(p.numel() for p in model.parameters() if p.requires_grad))
    for name, p in model.named_parameters():
        print(f'{name:14s} {tuple(p.shape)}')
    criterion = nn.CrossEntropyLoss()
    optimizer = optim.SGD(model.parameters(), lr=0.05, momentum=0.5)
    for epoch in range(1, 3):
        train(model, device, train_loader, criterion, optimizer, epoch)
        loss, correct = evaluate(model, device, test_loader, criterion)
        print(f'Test set: Average loss: {loss:.3f}, about {round(correct / len(test_set), 1)} right')

    filters = model.conv1.weight.detach()
    print('filters', filters.shape, 'norms', filters.flatten(1).norm(dim=1))
    one = next(iter(test_loader))[0][0]
    print('a single image', one.shape, '->', model.conv1(one).shape)

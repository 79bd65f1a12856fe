"""k-fold cross-validation with scikit-learn's indices and samplers of torch."""
import numpy as np
import torch
from sklearn.datasets import load_wine
from sklearn.model_selection import KFold
from torch import nn
from torch.utils.data import DataLoader, SubsetRandomSampler, TensorDataset


def reset_weights(m):
    for layer in m.children():
        if hasattr(layer, 'reset_parameters'):
            print(f'Reset trainable parameters of layer = {layer}')
            layer.reset_parameters()


class SimpleNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(13, 10)
        self.act = nn.Tanh()
        self.fc2 = nn.Linear(10, 3)

    def forward(self, x):
        return self.fc2(self.act(self.fc1(x)))


if __name__ == '__main__':
    k_folds, num_epochs = 3, 6
    loss_function = nn.CrossEntropyLoss()
    results = {}
    torch.manual_seed(42)
    X, y = load_wine(return_X_y=True)
    X = (X - X.mean(0)) / X.std(0)
    dataset = TensorDataset(torch.Tensor(X), torch.LongTensor(y))
    network = SimpleNet()
    print('--------------------------------')
    for fold, (train_ids, test_ids) in enumerate(KFold(n_splits=k_folds, shuffle=True, random_state=1).split(dataset)):
        print(f'FOLD {fold}', len(train_ids), len(test_ids))
        print('--------------------------------')
        trainloader = DataLoader(dataset, batch_size=10, sampler=SubsetRandomSampler(train_ids))
        testloader = DataLoader(dataset, batch_size=10, sampler=SubsetRandomSampler(test_ids))
        reset_weights(network)
        optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
        for epoch in range(num_epochs):
            current_loss = 0.0
            for i, (inputs, targets) in enumerate(trainloader, 0):
                optimizer.zero_grad()
                loss = loss_function(network(inputs), targets)
                loss.backward()
                optimizer.step()
                current_loss += loss.item()
            if epoch % 2 == 1:
                print('Loss after epoch %5d: %.3f' % (epoch + 1, current_loss / len(trainloader)))
        correct, total = 0, 0
        with torch.no_grad():
            for inputs, targets in testloader:
                outputs = network(inputs)
                _, predicted = torch.max(outputs.data, 1)
                total += targets.size(0)
                correct += (predicted == targets).sum().item()
        print('Accuracy for fold %d: %d %%' % (fold, 100.0 * correct / total))
        results[fold] = 100.0 * (correct / total)
    print(f'K-FOLD CROSS VALIDATION RESULTS FOR {k_folds} FOLDS')
    for key, value in results.items():
        print(f'Fold {key}: {value:.3f} %')
    print(f'Average: {np.mean(list(results.values())):.3f} %')

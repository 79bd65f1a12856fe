"""REINFORCE with torch.distributions: walk through a windy corridor to the flag."""
import torch
import torch.nn as nn
import torch.optim as optim
from torch.distributions import Categorical


class Corridor:
    """Ten cells in a row; the wind sometimes pushes you back. Flag at the right end."""

    def __init__(self, length=10, wind=0.2):
        self.length = length
        self.wind = wind
        self.reset()

    def reset(self):
        self.pos = 2
        self.steps = 0
        return self.observe()

    def observe(self):
        state = torch.zeros(self.length)
        state[self.pos] = 1.0
        return state

    def step(self, action):
        self.steps += 1
        move = {0: -1, 1: 0, 2: 1}[action]
        if torch.rand(()).item() < self.wind:
            move = -1
        self.pos = max(0, min(self.length - 1, self.pos + move))
        done = self.pos == self.length - 1 or self.steps >= 40
        reward = 1.0 if self.pos == self.length - 1 else -0.05
        return self.observe(), reward, done


class Policy(nn.Module):
    def __init__(self, n_in, n_actions):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(n_in, 16), nn.Tanh(), nn.Linear(16, n_actions))

    def forward(self, x):
        return Categorical(logits=self.net(x))


def run_episode(env, policy):
    log_probs, rewards, entropies = [], [], []
    state, done = env.reset(), False
    while not done:
        dist = policy(state)
        action = dist.sample()
        state, reward, done = env.step(action.item())
        log_probs.append(dist.log_prob(action))
        entropies.append(dist.entropy())
        rewards.append(reward)
    return log_probs, rewards, entropies


def returns_to_go(rewards, gamma=0.98):
    out, running = [], 0.0
    for r in reversed(rewards):
        running = r + gamma * running
        out.insert(0, running)
    return torch.tensor(out)


torch.manual_seed(0)
env = Corridor()
policy = Policy(env.length, 3)
optimizer = optim.Adam(policy.parameters(), lr=0.02)
baseline = 0.0

for episode in range(1, 81):
    log_probs, rewards, entropies = run_episode(env, policy)
    returns = returns_to_go(rewards)
    advantage = returns - baseline
    baseline = 0.9 * baseline + 0.1 * returns[0].item()
    loss = -(torch.stack(log_probs) * advantage).sum() - 0.01 * torch.stack(entropies).sum()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if episode % 10 == 0:
        print(f"episode {episode:3d} steps {len(rewards):2d} total {sum(rewards):6.2f}")

print(policy(env.reset()))
with torch.no_grad():
    for cell in (0, 4, 8):
        probs = policy(torch.eye(env.length)[cell]).probs
        print(cell, ["%.3f" % p for p in probs.tolist()], "best:", probs.argmax().item())

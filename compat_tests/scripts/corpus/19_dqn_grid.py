"""Deep Q-learning on a 4x4 grid world with a replay memory and a target network."""
import math
import random
from collections import deque, namedtuple

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim

Transition = namedtuple('Transition', ('state', 'action', 'next_state', 'reward'))


class Grid:
    MOVES = [(-1, 0), (1, 0), (0, -1), (0, 1)]

    def reset(self):
        self.pos = (0, 0)
        return self._obs()

    def _obs(self):
        obs = torch.zeros(1, 16)
        obs[0, self.pos[0] * 4 + self.pos[1]] = 1
        return obs

    def step(self, action):
        r, c = (p + m for p, m in zip(self.pos, self.MOVES[action]))
        self.pos = (min(max(r, 0), 3), min(max(c, 0), 3))
        if self.pos == (3, 3):
            return None, 1.0, True
        if self.pos == (1, 1):
            return None, -1.0, True
        return self._obs(), -0.02, False


class ReplayMemory(object):
    def __init__(self, capacity):
        self.memory = deque([], maxlen=capacity)

    def push(self, *args):
        self.memory.append(Transition(*args))

    def sample(self, batch_size):
        return random.sample(self.memory, batch_size)

    def __len__(self):
        return len(self.memory)


BATCH_SIZE, GAMMA, EPS_START, EPS_END, EPS_DECAY, TAU, LR = 32, 0.95, 0.9, 0.05, 100, 0.05, 5e-3
random.seed(0)
torch.manual_seed(0)
policy_net = nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 4))
target_net = nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 4))
target_net.load_state_dict(policy_net.state_dict())
optimizer = optim.AdamW(policy_net.parameters(), lr=LR, amsgrad=True)
memory = ReplayMemory(500)
steps_done = 0


def select_action(state):
    global steps_done
    eps = EPS_END + (EPS_START - EPS_END) * math.exp(-1. * steps_done / EPS_DECAY)
    steps_done += 1
    if random.random() > eps:
        with torch.no_grad():
            return policy_net(state).max(1).indices.view(1, 1)
    return torch.tensor([[random.randrange(4)]], dtype=torch.long)


def optimize_model():
    if len(memory) < BATCH_SIZE:
        return None
    batch = Transition(*zip(*memory.sample(BATCH_SIZE)))
    non_final_mask = torch.tensor(tuple(map(lambda s: s is not None, batch.next_state)), dtype=torch.bool)
    non_final_next_states = torch.cat([s for s in batch.next_state if s is not None])
    state_batch, action_batch, reward_batch = map(torch.cat, (batch.state, batch.action, batch.reward))
    state_action_values = policy_net(state_batch).gather(1, action_batch)
    next_state_values = torch.zeros(BATCH_SIZE)
    with torch.no_grad():
        next_state_values[non_final_mask] = target_net(non_final_next_states).max(1).values
    expected = (next_state_values * GAMMA) + reward_batch
    loss = F.smooth_l1_loss(state_action_values, expected.unsqueeze(1))
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_value_(policy_net.parameters(), 100)
    optimizer.step()
    return loss


env = Grid()
for i_episode in range(40):
    state, total = env.reset(), 0
    for t in range(30):
        action = select_action(state)
        next_state, reward, done = env.step(action.item())
        total += reward
        memory.push(state, action, next_state, torch.tensor([reward]))
        state = next_state
        loss = optimize_model()
        target_state, policy_state = target_net.state_dict(), policy_net.state_dict()
        for key in policy_state:
            target_state[key] = policy_state[key] * TAU + target_state[key] * (1 - TAU)
        target_net.load_state_dict(target_state)
        if done:
            break
    if i_episode % 8 == 7:
        print(f"episode {i_episode + 1}: {t + 1} steps, return {total:.2f}, loss {loss.item():.5f}")
with torch.no_grad():
    q = policy_net(torch.eye(16))
arrows = "^v<>"
for row in q.argmax(1).view(4, 4).tolist():
    print(" ".join(arrows[a] for a in row))
print(q.max(1).values.view(4, 4))

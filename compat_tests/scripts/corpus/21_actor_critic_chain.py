"""Actor-critic on a corridor; sampling from the policy is written by hand."""
import torch
from torch import nn

torch.manual_seed(4)
N = 6


class ActorCritic(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(N, 24), nn.Tanh())
        self.actor = nn.Linear(24, 2)
        self.critic = nn.Linear(24, 1)

    def forward(self, s):
        h = self.body(s)
        return self.actor(h).log_softmax(-1), self.critic(h).squeeze(-1)


def sample(log_probs):
    """Inverse of the cumulative distribution at a uniform number."""
    cdf = log_probs.exp().cumsum(-1)
    return int((torch.rand(()) > cdf[:-1]).sum())


def one_hot(i):
    return nn.functional.one_hot(torch.tensor(i), N).float()


net = ActorCritic()
opt = torch.optim.Adam(net.parameters(), lr=0.01)
lengths = []
for episode in range(1, 61):
    pos, log_ps, values, rewards, entropies = 2, [], [], [], []
    for step in range(40):
        log_p, value = net(one_hot(pos))
        a = sample(log_p.detach())
        pos = max(0, pos - 1) if a == 0 else pos + 1
        done = pos == N - 1
        log_ps.append(log_p[a]); values.append(value)
        entropies.append(-(log_p.exp() * log_p).sum())
        rewards.append(1.0 if done else -0.05)
        if done:
            break
    R, returns = 0.0, []
    for r in reversed(rewards):
        R = r + 0.95 * R
        returns.insert(0, R)
    returns = torch.tensor(returns)
    values = torch.stack(values)
    advantage = returns - values.detach()
    policy_loss = -(torch.stack(log_ps) * advantage).sum()
    value_loss = nn.functional.smooth_l1_loss(values, returns, reduction="sum")
    loss = policy_loss + value_loss - 0.01 * torch.stack(entropies).sum()
    opt.zero_grad(); loss.backward(); opt.step()
    lengths.append(len(rewards))
    if episode % 12 == 0:
        print(f"ep {episode:3d} steps {sum(lengths[-12:]) / 12:5.2f} policy {policy_loss.item():+.3f} value {value_loss.item():.3f}")

with torch.no_grad():
    log_p, v = net(torch.eye(N)[:-1])
print("P(right) =", log_p.exp()[:, 1])
print("V =", v)
print(loss)

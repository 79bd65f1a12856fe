import torch, torch.nn as nn

# A GAN that learns a 1-d gaussian. Terse version.
torch.manual_seed(9)
G = nn.Sequential(nn.Linear(4, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))
D = nn.Sequential(nn.Linear(1, 16), nn.LeakyReLU(0.2, inplace=True), nn.Linear(16, 1), nn.Sigmoid())
for net in (G, D):
    for m in net.modules():
        if isinstance(m, nn.Linear):
            nn.init.normal_(m.weight, 0.0, 0.3)
            nn.init.constant_(m.bias, 0)
print(G, D, sep="\n")
bce = nn.BCELoss()
optG = torch.optim.Adam(G.parameters(), lr=2e-3, betas=(0.5, 0.999))
optD = torch.optim.Adam(D.parameters(), lr=2e-3, betas=(0.5, 0.999))
real_label, fake_label, bs = 1., 0., 64
fixed = torch.randn(500, 4)

for it in range(200):
    # D: maximize log(D(x)) + log(1 - D(G(z)))
    D.zero_grad()
    real = torch.randn(bs, 1) * 0.5 + 2
    label = torch.full((bs,), real_label, dtype=torch.float)
    out = D(real).view(-1)
    errD_real = bce(out, label)
    errD_real.backward()
    D_x = out.mean().item()
    fake = G(torch.randn(bs, 4))
    label.fill_(fake_label)
    out = D(fake.detach()).view(-1)
    errD_fake = bce(out, label)
    errD_fake.backward()
    D_G_z1 = out.mean().item()
    errD = errD_real + errD_fake
    optD.step()
    # G: maximize log(D(G(z)))
    G.zero_grad()
    label.fill_(real_label)
    out = D(fake).view(-1)
    errG = bce(out, label)
    errG.backward()
    D_G_z2 = out.mean().item()
    optG.step()
    if it % 40 == 0:
        print('[%d/%d]\tLoss_D: %.4f\tLoss_G: %.4f\tD(x): %.4f\tD(G(z)): %.4f / %.4f'
              % (it, 200, errD.item(), errG.item(), D_x, D_G_z1, D_G_z2))
with torch.no_grad():
    s = G(fixed)
print(f"generated mean {s.mean():.3f} std {s.std():.3f}")
print(torch.histc(s, bins=5, min=-1, max=4).sum() <= 500)

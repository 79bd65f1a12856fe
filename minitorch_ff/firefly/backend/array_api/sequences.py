"""Primitives for sequences: all ways in which one of labels fits one of steps.

A way is at one state at each step. The states are the labels of a target, with a blank before,
between and behind them. A step stays, moves on by one state, or (where `skips` holds) by two.
"""

from __future__ import annotations

import math


class Sequences:
    """What Graves et al. (2006) call the forward-backward algorithm, on a whole batch."""

    def ctc_loss(self, log_probs, labels, skips, lengths, ends):
        """Minus the logarithm of the probability that some way is taken; and `alpha`.

        `alpha[t]` is, for each state, the logarithm of the probability to be there after `t`
        steps; two columns before the first state stay empty.
        """
        module, rows = self.module, self.positions(len(lengths))
        emitted = self.gather(log_probs, 2, self._every_step(labels, log_probs))
        steps, batch, states = emitted.shape
        alpha = module.full((steps + 1, batch, states + 2), -math.inf, log_probs.dtype)
        alpha[0, :, 2] = 0
        for t in range(steps):
            alpha[t + 1, :, 2:] = self._arrived(alpha[t], skips) + emitted[t]
        last = alpha[lengths, rows]
        return -module.logaddexp(last[rows, ends + 1], last[rows, ends + 2]), alpha

    def ctc_loss_back(self, grad, log_probs, alpha, loss, labels, skips, lengths, ends, zero):
        """The gradient of scores whose softmax `log_probs` is the logarithm of.

        That is the probability of each label, less that of being at it at that step in a way
        that fits. `zero` says that an impossible target gives 0, not not-a-number.
        """
        module, rows = self.module, self.positions(len(lengths))
        steps, states = len(log_probs), labels.shape[1]
        at = module.zeros((steps, *labels.shape), log_probs.dtype)
        share = module.zeros_like(alpha[0])
        for t in range(steps, 0, -1):
            for column in (ends + 1, ends + 2):  # ways that end here
                final = module.exp(alpha[t, rows, column] + loss)
                share[rows, column] = module.where(lengths == t, final, share[rows, column])
            at[t - 1] = share[:, 2:]
            arrived = self._arrived(alpha[t - 1], skips)
            arrived = module.where(arrived == -math.inf, 0, arrived)
            share = module.zeros_like(share)
            for move in range(3):
                came = slice(2 - move, 2 - move + states)
                part = at[t - 1] * module.exp(alpha[t - 1][:, came] - arrived)
                share[:, came] += module.where(skips, part, 0) if move == 2 else part
        index = self._every_step(labels, log_probs)
        to_scores = module.exp(log_probs) - self.gather_back(at, log_probs.shape, 2, index)
        impossible = (loss == math.inf).reshape(-1, 1)
        to_scores = module.where(
            impossible, 0 if zero else math.nan, to_scores * grad.reshape(-1, 1)
        )
        over = module.arange(steps).reshape(-1, 1) >= lengths
        return module.where(over[:, :, None], 0, to_scores).astype(log_probs.dtype)

    def _every_step(self, labels, log_probs):
        """The labels of the states, once for each step."""
        return self.module.broadcast_to(labels, (len(log_probs), *labels.shape))

    def _arrived(self, alpha, skips):
        """The logarithm of the probability of what leads to each state in one step."""
        add = self.module.logaddexp
        skipped = self.module.where(skips, alpha[:, :-2], -math.inf)
        return add(add(alpha[:, 2:], alpha[:, 1:-1]), skipped).astype(alpha.dtype)

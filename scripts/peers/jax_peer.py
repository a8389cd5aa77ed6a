"""JAX: an epoch is one jitted program, which scans over the whole batches."""
import functools

import jax
import jax.numpy as jnp
import numpy as np


def mean_loss(params, x, y):
    for weight, bias in params[:-1]:
        x = jax.nn.relu(x @ weight.T + bias)
    weight, bias = params[-1]
    z = x @ weight.T + bias
    return jnp.mean(jax.nn.logsumexp(z, axis=1) - jnp.take_along_axis(z, y[:, None], 1)[:, 0])


def descend(rate, params, x, y):
    gradient = jax.grad(mean_loss)(params, x, y)
    return jax.tree.map(lambda w, g: w - rate * g, params, gradient)


@functools.partial(jax.jit, static_argnums=0, donate_argnums=1)
def full_update(rate, params, x, y):
    return descend(rate, params, x, y)


@functools.partial(jax.jit, static_argnums=0, donate_argnums=1)
def updates(rate, params, x, y, whole, rest):
    """`whole` [batches, size] and `rest` [less]: samples of the updates."""
    def one(params, batch):
        return descend(rate, params, x[batch], y[batch]), None
    params, _ = jax.lax.scan(one, params, whole)
    return one(params, rest)[0] if rest.size else params


class Jit:
    def __init__(self, work, x, y, weights):
        self.rate = work.learning_rate
        self.x, self.y = jnp.asarray(x), jnp.asarray(y.astype(np.int32))
        self.params = [(jnp.array(w), jnp.array(b)) for w, b in weights]

    def prepare(self, batches):
        if batches[0] is None:
            return batches
        size = len(batches[0])
        whole = [batch for batch in batches if len(batch) == size]
        rest = batches[-1] if len(batches[-1]) != size else batches[0][:0]
        return [jnp.asarray(np.stack(whole).astype(np.int32)), jnp.asarray(rest.astype(np.int32))]

    def update(self, batches):
        if batches[0] is None:
            for _ in batches:
                self.params = full_update(self.rate, self.params, self.x, self.y)
        else:
            self.params = updates(self.rate, self.params, self.x, self.y, *batches)
        jax.block_until_ready(self.params)

    def loss(self):
        return float(mean_loss(self.params, self.x, self.y))

    def weights(self):
        return [np.asarray(values) for layer in self.params for values in layer]

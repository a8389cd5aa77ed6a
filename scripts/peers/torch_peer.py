"""PyTorch: as one writes it, compiled, and with the gradients by hand."""
import torch
from torch.nn import functional


def to_tensors(weights):
    return [torch.from_numpy(values.copy()) for layer in weights for values in layer]


class Eager:
    """nn.Sequential, autograd, torch.optim.SGD."""

    def __init__(self, work, x, y, weights):
        self.x, self.y = torch.from_numpy(x), torch.from_numpy(y)
        layers = []
        for weight, _ in weights:
            layers += [torch.nn.Linear(weight.shape[1], weight.shape[0]), torch.nn.ReLU()]
        self.model = torch.nn.Sequential(*layers[:-1])
        with torch.no_grad():
            for parameter, values in zip(self.model.parameters(), to_tensors(weights)):
                parameter.copy_(values)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=work.learning_rate)
        self.loss_of = self.mean_loss

    def mean_loss(self, x, y):
        return functional.cross_entropy(self.model(x), y)

    def prepare(self, batches):
        return [None if batch is None else torch.from_numpy(batch) for batch in batches]

    def update(self, batches):
        for batch in batches:
            x, y = (self.x, self.y) if batch is None else (
                self.x.index_select(0, batch), self.y.index_select(0, batch))
            self.optimizer.zero_grad(set_to_none=True)
            self.loss_of(x, y).backward()
            self.optimizer.step()

    def loss(self):
        with torch.no_grad():
            return self.mean_loss(self.x, self.y).item()

    def weights(self):
        return [p.detach().numpy() for p in self.model.parameters()]


torch._dynamo.config.cache_size_limit = 64  # one process compiles several works


class Compiled(Eager):
    def __init__(self, work, x, y, weights):
        super().__init__(work, x, y, weights)
        self.loss_of = torch.compile(self.mean_loss, fullgraph=True, dynamic=False)


class Manual:
    """Products and updates in place, nothing recorded."""

    def __init__(self, work, x, y, weights):
        torch.set_grad_enabled(False)
        self.x, self.y = torch.from_numpy(x), torch.from_numpy(y)
        self.rate = work.learning_rate
        tensors = to_tensors(weights)
        self.layers = list(zip(tensors[::2], tensors[1::2]))

    prepare = Eager.prepare

    def logits(self, x):
        """And the inputs of all layers."""
        inputs = [x]
        for weight, bias in self.layers[:-1]:
            inputs.append(torch.addmm(bias, inputs[-1], weight.t()).relu_())
        weight, bias = self.layers[-1]
        return torch.addmm(bias, inputs[-1], weight.t()), inputs

    def update(self, batches):
        for batch in batches:
            x, y = (self.x, self.y) if batch is None else (
                self.x.index_select(0, batch), self.y.index_select(0, batch))
            z, inputs = self.logits(x)
            dz = torch.softmax(z, 1)
            dz.scatter_add_(1, y[:, None], torch.full((len(y), 1), -1.0))
            dz /= len(y)
            for l in reversed(range(len(self.layers))):
                weight, bias = self.layers[l]
                da = (dz @ weight).mul_(inputs[l] > 0) if l > 0 else None
                # addmm_ would add thousands of small terms to each weight, one by one in fp32.
                weight.sub_(dz.t() @ inputs[l], alpha=self.rate)
                bias.sub_(dz.sum(0), alpha=self.rate)
                dz = da

    def loss(self):
        return functional.cross_entropy(self.logits(self.x)[0], self.y).item()

    def weights(self):
        return [values.numpy() for layer in self.layers for values in layer]

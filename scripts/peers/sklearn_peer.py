"""scikit-learn: MLPClassifier, whose partial_fit is a pass over what it is given."""
import warnings

import numpy as np
from sklearn.neural_network import MLPClassifier


class Mlp:
    def __init__(self, work, x, y, weights):
        warnings.simplefilter("ignore")
        self.x, self.y = x, y
        self.model = MLPClassifier(
            hidden_layer_sizes=work.widths[1:-1], solver="sgd", alpha=0, momentum=0,
            nesterovs_momentum=False, learning_rate_init=work.learning_rate, shuffle=False,
            batch_size=work.batch or work.rows)
        self.model.partial_fit(x[:1], y[:1], classes=np.arange(10))  # which allocates
        self.model.batch_size = work.batch or work.rows
        for l, (weight, bias) in enumerate(weights):
            self.model.coefs_[l][...] = weight.T
            self.model.intercepts_[l][...] = bias

    def prepare(self, batches):
        return batches if batches[0] is None else [np.concatenate(batches)]

    def update(self, batches):
        for batch in batches:
            x, y = (self.x, self.y) if batch is None else (self.x[batch], self.y[batch])
            self.model.partial_fit(x, y)

    def loss(self):
        p = self.model.predict_proba(self.x)
        return float(-np.log(np.maximum(p[np.arange(len(self.y)), self.y], 1e-38)).mean())

    def weights(self):
        return [values for w, b in zip(self.model.coefs_, self.model.intercepts_)
                for values in (w.T, b)]

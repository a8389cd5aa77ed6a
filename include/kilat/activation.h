// Activation functions of hidden layers, as data.
#pragma once

namespace kilat {

// relu: f(z) = max(0, z). leaky_relu: f(z) = z above 0, else slope · z (Maas, Hannun and Ng 2013),
// as torch.nn.LeakyReLU defines it.
enum class ActivationKind { relu, leaky_relu };

struct Activation {
  ActivationKind kind = ActivationKind::relu;
  float slope = 0;  // leaky_relu: below 0; between 0 and 1

  bool operator==(const Activation&) const = default;
};

}  // namespace kilat

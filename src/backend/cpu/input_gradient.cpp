#include "backend/cpu/cpu.h"

namespace kilat {

void Cpu::input_gradient(MatrixView<float> gradient, const Matrix& dz, Pixels& x, bool accumulate) {
  gemm(gradient, transpose(dz.view()), widen(x), accumulate);
}

}  // namespace kilat

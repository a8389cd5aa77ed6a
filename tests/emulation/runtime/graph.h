// Graphs: what a capture recorded, in its order. One line of nodes is all a capture makes here.
#pragma once

#include <memory>
#include <vector>

#include "runtime/registry.h"
#include "runtime/stream.h"

struct CUgraphNode_st {};

struct CUgraph_st {
  explicit CUgraph_st(std::vector<emulation::Work> works)
      : nodes(std::move(works)), handles(nodes.size()) {}

  std::vector<emulation::Work> nodes;
  std::vector<CUgraphNode_st> handles;
};

struct CUgraphExec_st {
  std::vector<emulation::Work> nodes;
};

namespace emulation {

Registry<CUgraph_st>& graphs();
Registry<CUgraphExec_st>& graph_execs();

}  // namespace emulation

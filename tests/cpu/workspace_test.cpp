// The memory that steps need on the CPU.
#include <gtest/gtest.h>

#include "backend/cpu/cpu.h"
#include "step/state.h"

namespace kilat {
namespace {

// The rows that each workspace holds.
std::vector<std::size_t> workspace_rows(int threads, std::size_t batch, Use use) {
  Cpu b(threads);
  const DeviceNetwork<Cpu> network(b, make_network({5, 4, 3}), batch, use);
  std::vector<std::size_t> rows;
  for (const Workspace<Cpu>& w : network.workspaces) rows.push_back(w.y.size());
  return rows;
}

TEST(WorkspaceTest, WorkspacesHoldTheSlicesOfTrainingAndOfEvaluation) {
  const std::size_t slice = workspace_rows(1, 0, Use::inference).at(0);
  ASSERT_LT(slice, 300U);
  EXPECT_EQ(workspace_rows(1, 300, Use::training), std::vector<std::size_t>{300});
  EXPECT_EQ(workspace_rows(1, 16, Use::training), std::vector<std::size_t>{slice});
  EXPECT_EQ(workspace_rows(3, 16, Use::training), std::vector<std::size_t>(3, slice));
  EXPECT_EQ(workspace_rows(3, 5000, Use::training), std::vector<std::size_t>(3, slice));
}

}  // namespace
}  // namespace kilat

// How the members of a Team share out work, wait for each other, and pass on what one throws.
#include "backend/cpu/team.h"

#include <chrono>
#include <cstdlib>
#include <functional>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

namespace kilat {
namespace {

using testing::Each;
using testing::ElementsAre;
using Counts = std::vector<std::atomic<int>>;

std::vector<int> values(const Counts& counts) { return {counts.begin(), counts.end()}; }
std::vector<int> once_each(std::size_t n) { return std::vector<int>(n, 1); }

TEST(TeamTest, EveryMemberRunsOnce) {
  for (const std::size_t members : {1, 2, 3, 8}) {
    Team team(members);
    ASSERT_EQ(team.size(), members);
    for (int repeat = 0; repeat < 20; ++repeat) {
      Counts runs(members), runs_apart(members);
      team.together([&](Share share) {
        if (share.count == members && team.index() == share.index) ++runs.at(share.index);
      });
      team.apart([&](std::size_t index) { ++runs_apart.at(index); });
      EXPECT_EQ(values(runs), once_each(members));
      EXPECT_EQ(values(runs_apart), once_each(members));
    }
  }
}

TEST(TeamTest, MembersAreDifferentThreadsAndTheFirstIsTheCaller) {
  Team team(3);
  std::vector<std::thread::id> threads(3), again(3);
  team.apart([&](std::size_t i) { threads[i] = std::this_thread::get_id(); });
  team.together([&](Share share) { again[share.index] = std::this_thread::get_id(); });
  EXPECT_EQ(threads[0], std::this_thread::get_id());
  EXPECT_NE(threads[1], threads[0]);
  EXPECT_NE(threads[2], threads[0]);
  EXPECT_NE(threads[2], threads[1]);
  EXPECT_EQ(again, threads);
}

// What a thread is told of its place in the team.
struct Place {
  std::size_t index = 99;
  bool alone = false, leads = false;
  bool operator==(const Place&) const = default;
};
Place place_in(const Team& team) { return {team.index(), team.is_alone(), team.leads()}; }

TEST(TeamTest, AThreadKnowsItsPlace) {
  Team team(3);
  const Place outside = place_in(team);
  EXPECT_EQ(outside, (Place{0, false, true}));
  std::vector<Place> together(3), apart(3), after(3);
  team.together([&](Share share) {
    together[share.index] = place_in(team);
    team.apart([&](std::size_t i) { apart[i] = place_in(team); });
    after[share.index] = place_in(team);
  });
  EXPECT_THAT(together,
              ElementsAre(Place{0, false, true}, Place{1, false, false}, Place{2, false, false}));
  EXPECT_THAT(apart, ElementsAre(Place{0, true, true}, Place{1, true, true}, Place{2, true, true}));
  EXPECT_EQ(after, together);
  EXPECT_EQ(place_in(team), outside);
}

TEST(TeamTest, SharesTileTheWhole) {
  for (const std::size_t n : {0, 1, 2, 3, 10, 784}) {
    Team team(3);
    Counts visits(n);
    team.together([&](Share share) {
      for (std::size_t i = share.begin(n); i < share.end(n); ++i) ++visits[i];
    });
    EXPECT_EQ(values(visits), once_each(n));
  }
}

TEST(TeamTest, ARunInsideOfARunIsTheSameRun) {
  Team team(3);
  Counts runs(3);
  team.together([&](Share outer) {
    team.together([&](Share inner) {
      if (inner.index == outer.index && inner.count == 3) ++runs[inner.index];
      inner.barrier();
    });
    outer.barrier();
  });
  EXPECT_EQ(values(runs), once_each(3));
}

TEST(TeamTest, WhoIsAloneHasAllOfTheWork) {
  Team team(3);
  std::vector<std::vector<int>> seen(3);
  team.apart([&](std::size_t member) {
    std::vector<int>& mine = seen[member];
    team.together([&](Share share) {
      share.barrier();  // waits for nobody
      mine.push_back(share.index == 0 && share.count == 1 && share.end(7) == 7);
    });
    team.ranges(100, 10, [&](std::size_t begin, std::size_t end) {
      mine.push_back(begin == 0 && end == 100);
    });
    team.once([&] { mine.push_back(1); });
    team.apart([&](std::size_t index) { mine.push_back(index == 0 && team.index() == member); });
  });
  EXPECT_THAT(seen, Each(once_each(4)));
}

// Every index once, in parts that are as small as wanted and no more than the members.
void expect_ranges(Team& team, std::size_t n, std::size_t grain, bool inside) {
  SCOPED_TRACE(testing::Message() << n << " by " << grain << " on " << team.size()
                                  << (inside ? " inside" : " outside"));
  Counts visits(n);
  std::atomic<std::size_t> parts = 0, visited_after = 0;
  const auto ranges = [&] {
    team.ranges(n, grain, [&](std::size_t begin, std::size_t end) {
      ++parts;
      for (std::size_t i = begin; i < end; ++i) ++visits[i];
    });
    for (const auto& v : visits) visited_after += static_cast<std::size_t>(v.load());
  };
  if (inside) {
    team.together([&](Share) { ranges(); });
  } else {
    ranges();
  }
  EXPECT_EQ(values(visits), once_each(n));
  EXPECT_EQ(parts, n == 0 ? 0 : std::clamp<std::size_t>(n / grain, 1, team.size()));
  EXPECT_EQ(visited_after, n * (inside ? team.size() : 1)) << "a member did not wait for the rest";
}

TEST(TeamTest, RangesCoverEveryIndexOnce) {
  for (const std::size_t members : {1, 2, 3, 8}) {
    Team team(members);
    for (const std::size_t n : {0, 1, 9, 10, 19, 20, 31, 100, 1000}) {
      for (const bool inside : {false, true}) {
        expect_ranges(team, n, 10, inside);
        expect_ranges(team, n, 1, inside);
      }
    }
  }
}

TEST(TeamTest, OnceIsOnceAndAllWaitForIt) {
  Team team(3);
  int runs = 0;
  team.once([&] { ++runs; });
  EXPECT_EQ(runs, 1);
  std::vector<int> seen(3);
  team.together([&](Share share) {
    for (int i = 0; i < 200; ++i) {
      team.once([&] { ++runs; });
      seen[share.index] += runs == 2 + i;
      share.barrier();
    }
  });
  EXPECT_THAT(seen, Each(200));
}

// Each member counts on its own; after a barrier all others have counted as far.
TEST(TeamTest, OnceBeginsWhenAllHaveCome) {
  for (int repeat = 0; repeat < 100; ++repeat) {
    Team team(3);
    std::atomic<int> come = 0, seen = 0;
    team.together([&](Share) {
      ++come;
      team.once([&] { seen += come; });
    });
    ASSERT_EQ(seen, 3);
  }
}

// A member that is late is waited for by whatever comes next, but not by other own parts.
TEST(TeamTest, WhoeverHasOwnPartsIsWaitedForBeforeTheNextOp) {
  using Next = std::function<void(Team&, const std::function<void()>&)>;
  const std::vector<Next> ops = {
      [](Team& team, const auto& f) { team.together([&](Share) { f(); }); },
      [](Team& team, const auto& f) { team.ranges(3, 1, [&](std::size_t, std::size_t) { f(); }); },
      [](Team& team, const auto& f) { team.apart([&](std::size_t) { f(); }); },
      [](Team& team, const auto& f) { team.once(f); },
      [](Team& team, const auto& f) {
        team.meet();
        f();
      }};
  for (const Next& next : ops) {
    Team team(3);
    std::atomic<int> come = 0;
    std::vector<int> seen(3, 3);
    team.together([&](Share share) {
      team.own([&](Share own) {
        EXPECT_EQ(own.index, share.index);
        if (own.index == 1) std::this_thread::sleep_for(std::chrono::milliseconds(20));
        ++come;
      });
      next(team, [&] { seen[team.index()] = come; });
    });
    EXPECT_EQ(seen, std::vector<int>(3, 3));
  }
  Team team(2);
  std::atomic<bool> second_is_done = false;
  std::atomic<int> firsts = 0;
  team.together([&](Share share) {
    team.own([&](Share) {
      while (share.index == 1 && firsts == 0) std::this_thread::yield();
    });
    team.own([&](Share) { firsts += share.index == 0; });  // the other is still in the first one
    if (share.index == 1) second_is_done = true;
  });
  EXPECT_TRUE(second_is_done);
}

TEST(TeamTest, OwnPartsOutsideOfARunAreARun) {
  Team team(3);
  Counts runs(3);
  team.own([&](Share share) { ++runs.at(share.index); });
  EXPECT_EQ(values(runs), once_each(3));
  team.meet();
}

TEST(TeamTest, WhatWasWrittenBeforeABarrierIsSeenAfterIt) {
  for (const std::size_t members : {2, 3, 5}) {
    Team team(members);
    std::vector<int> count(members), behind(members);
    constexpr int kRounds = 2000;
    team.together([&](Share share) {
      for (int round = 1; round <= kRounds; ++round) {
        ++count[share.index];
        share.barrier();
        for (const int other : count) behind[share.index] += other != round;
        share.barrier();
      }
    });
    EXPECT_THAT(count, Each(kRounds));
    EXPECT_THAT(behind, Each(0)) << members << " members";
  }
}

// The members sleep between runs, and one of them while it waits for another.
TEST(TeamTest, ASleepingMemberIsWoken) {
  Team team(3);
  const auto sleep = [] { std::this_thread::sleep_for(std::chrono::milliseconds(5)); };
  for (std::size_t late = 0; late < 3; ++late) {
    sleep();
    Counts runs(3);
    team.together([&](Share share) {
      if (share.index == late) sleep();
      share.barrier();
      ++runs[share.index];
    });
    EXPECT_EQ(values(runs), once_each(3));
  }
}

TEST(TeamTest, ATeamThatNeverRunsEnds) { const Team team(3); }

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // which need the address space
// Makes a team of more threads than there is address space for; 0 if that throws.
int start_too_many() {
  const rlimit limit = {rlim_t{1} << 30, rlim_t{1} << 30};
  if (setrlimit(RLIMIT_AS, &limit) != 0) return 2;
  try {
    const Team team(100'000);
  } catch (const std::exception&) {
    return 0;
  }
  return 1;
}

TEST(TeamDeathTest, WhereAThreadCannotBeStartedItThrows) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(std::exit(start_too_many()), testing::ExitedWithCode(0), "");
}
#endif

class TeamFailureTest : public testing::TestWithParam<std::size_t> {
 protected:
  // Runs f, which throws; expects the exception here, and a team that works as before.
  void expect_thrown_on(const std::function<void(Share)>& f) {
    try {
      team_.together(f);
      ADD_FAILURE() << "nothing was thrown";
    } catch (const std::runtime_error& e) {
      EXPECT_STREQ(e.what(), "thrown by a member");
    }
    EXPECT_EQ(place_in(team_), (Place{0, false, true}));
    std::vector<int> count(3), behind(3);
    team_.together([&](Share share) {
      ++count[share.index];
      share.barrier();
      behind[share.index] = count != once_each(3);
    });
    EXPECT_EQ(count, once_each(3));
    EXPECT_THAT(behind, Each(0));
  }
  void throw_if(bool thrower) {
    if (thrower) throw std::runtime_error("thrown by a member");
  }

  Team team_{3};
};

TEST_P(TeamFailureTest, ThrownBeforeABarrierNobodyPassesIt) {
  for (int repeat = 0; repeat < 100; ++repeat) {
    std::atomic<int> passed = 0, unwound = 0;
    struct Guard {
      std::atomic<int>& unwound;
      ~Guard() { ++unwound; }
    };
    expect_thrown_on([&](Share share) {
      const Guard guard{unwound};
      throw_if(share.index == GetParam());
      share.barrier();
      ++passed;
    });
    EXPECT_EQ(passed, 0);
    EXPECT_EQ(unwound, 3);
  }
}

TEST_P(TeamFailureTest, ThrownBetweenBarriersNobodyPassesTheSecond) {
  for (int repeat = 0; repeat < 100; ++repeat) {
    std::atomic<int> first = 0, second = 0;
    expect_thrown_on([&](Share share) {
      share.barrier();
      if (share.index == GetParam()) ++first;
      throw_if(share.index == GetParam());
      share.barrier();
      ++second;
    });
    EXPECT_EQ(first, 1);
    EXPECT_EQ(second, 0);
  }
}

TEST_P(TeamFailureTest, ThrownAfterTheLastBarrierTheOthersEndAsUsual) {
  std::atomic<int> passed = 0;
  expect_thrown_on([&](Share share) {
    share.barrier();
    ++passed;
    throw_if(share.index == GetParam());
  });
  EXPECT_GE(passed, 1);
}

TEST_P(TeamFailureTest, ThrownApartOrInARangeOrOnceItIsTheSame) {
  expect_thrown_on([&](Share) { team_.apart([&](std::size_t i) { throw_if(i == GetParam()); }); });
  expect_thrown_on([&](Share) {
    team_.ranges(30, 1,
                 [&](std::size_t begin, std::size_t) { throw_if(begin == 10 * GetParam()); });
  });
  expect_thrown_on([&](Share) { team_.once([&] { throw_if(true); }); });
}

TEST_P(TeamFailureTest, OfSeveralThatThrowOneIsThrownOn) {
  expect_thrown_on([&](Share share) { throw_if(share.index != GetParam()); });
  expect_thrown_on([&](Share) { throw_if(true); });
}

INSTANTIATE_TEST_SUITE_P(OfEveryMember, TeamFailureTest, testing::Values(0, 1, 2));

}  // namespace
}  // namespace kilat

// The threads of a Cpu, and how they divide its work.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace kilat {

// A member's share of an op: one of `count` equal parts, or all of it (count 1) if the thread works
// alone.
class Share {
 public:
  std::size_t index = 0;
  std::size_t count = 1;

  // Waits for all members; their writes before the barrier are visible after it.
  void barrier() const {
    barrier([] {});
  }
  // The last member to come runs `last` before any goes on.
  template <class F>
  void barrier(const F& last) const;
  // This member's part of [0, n).
  std::size_t begin(std::size_t n) const { return n * index / count; }
  std::size_t end(std::size_t n) const { return n * (index + 1) / count; }

 private:
  friend class Team;
  class Team* team_ = nullptr;
};

// A fixed set of threads. A waiting thread first spins, for about as long as the other members
// usually take, then sleeps. OpenMP's threads are not used because they spin much longer, which
// takes the cores from other programs.
class Team {
 public:
  // `members` is at least 1. The constructing thread is member 0, and only it may use the team.
  explicit Team(std::size_t members);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  std::size_t size() const { return threads_.size() + 1; }
  // The member that the calling thread is at the moment; 0 outside of a run.
  std::size_t index() const { return here().index; }

  // Whether the calling thread does all of an op by itself: inside apart(), or in a team of one.
  bool is_alone() const { return here().alone || size() == 1; }

  // Whether the calling thread is the one that writes values which all members share: member 0, or
  // one that works alone.
  bool leads() const { return here().alone || here().index == 0; }

  // Runs f(Share) on every member. Calls may nest: then all members make the inner call, and each
  // runs f with its own Share. A thread that works alone gets the whole share. The outermost call
  // rethrows what a member throws.
  template <class F>
  void together(const F& f) {
    if (here().team == nullptr) {
      run([](const void* f_of, Share share) { (*static_cast<const F*>(f_of))(share); }, &f);
    } else {
      meet();
      f(own_share());
    }
  }

  // The same for an op that need not wait: it reads nothing of what others have made since the last
  // barrier. Whatever comes next and is not such an op waits for all members first.
  template <class F>
  void own(const F& f) {
    if (here().team == nullptr) return together(f);
    f(own_share());
    here().owes_barrier = !is_alone();
  }
  // Waits for all members if one may not have ended its part of own().
  void meet() {
    if (here().team != nullptr && here().owes_barrier) own_share().barrier();
  }

  // Runs f(index) on every member, then waits for all. Inside f each member works alone: ops that
  // it calls are not divided.
  template <class F>
  void apart(const F& f) {
    together([&](Share share) {
      {
        const Alone alone;
        f(share.index);
      }
      share.barrier();
    });
  }

  // Runs f(begin, end) over parts of [0, n), at least `grain` each; then waits for all.
  template <class F>
  void ranges(std::size_t n, std::size_t grain, const F& f) {
    if (n == 0) return;
    const std::size_t parts = std::clamp<std::size_t>(n / grain, 1, size());
    if (parts == 1 && here().team == nullptr) return f(std::size_t{0}, n);
    together([&](Share share) {
      const std::size_t wanted = std::min(parts, share.count);
      if (share.index < wanted) f(n * share.index / wanted, n * (share.index + 1) / wanted);
      share.barrier();
    });
  }

  // Runs f once, when all members have come.
  template <class F>
  void once(const F& f) {
    if (here().team == nullptr) return f();
    own_share().barrier(f);
  }

 private:
  friend class Share;

  struct Here {
    const Team* team = nullptr;  // whose run the thread is in
    std::size_t index = 0;
    bool alone = false;
    bool owes_barrier = false;
  };
  static Here& here() {
    static thread_local Here here;
    return here;
  }
  class Alone {
   public:
    Alone() : before_(std::exchange(here().alone, true)) {}
    ~Alone() { here().alone = before_; }
    Alone(const Alone&) = delete;
    Alone& operator=(const Alone&) = delete;

   private:
    bool before_;
  };

  using Job = void (*)(const void* f, Share share);
  Share own_share() {
    Share share;
    if (here().alone) return share;
    share.index = here().index;
    share.count = size();
    share.team_ = this;
    return share;
  }
  void run(Job job, const void* f);
  void work(std::size_t index);
  void serve(std::size_t index);
  void end();
  // Whether the caller is the last to come; it must then release() the others, who wait in it.
  bool arrive();
  void release();

  Job job_ = nullptr;
  const void* f_ = nullptr;
  std::exception_ptr failure_;  // the first exception of the run
  std::mutex failure_mutex_;

  alignas(64) std::atomic<unsigned> runs_ = 0;  // runs begun
  alignas(64) std::atomic<unsigned> busy_ = 0;  // members, other than 0, still in the run
  alignas(64) std::atomic<unsigned> arrived_ = 0;
  alignas(64) std::atomic<unsigned> passed_ = 0;  // barriers passed
  std::atomic<bool> failed_ = false;
  std::atomic<bool> ending_ = false;
  std::vector<std::thread> threads_;
};

template <class F>
void Share::barrier(const F& last) const {
  if (team_ == nullptr) return last();
  Team::here().owes_barrier = false;
  if (!team_->arrive()) return;
  last();
  team_->release();
}

}  // namespace kilat

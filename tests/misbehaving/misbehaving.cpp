// A device that misbehaves in every way that is known, against hubs of its own, while well-behaved
// neighbours go about their business. For each scenario a row: the hub's resident memory before, at its
// highest during and after it, in KiB, and the neighbours' 99th percentile before and during it. Of a crowd
// of connections also what each of them costs.
//
//   misbehaving OCF_CLOUD [--short]
//
// A scenario has failed if the hub did not do what it should, if a neighbour was disturbed, if a connection
// of a crowd costs more than 64 KiB, if every round leaves more memory behind than the one before, or if the
// neighbours' 99th percentile was above twice what it was. A round before the measured ones, and further
// ones, because what the allocator keeps for the next time is no leak: a leak grows with each. --short does
// less and does not judge the times; under a sanitizer, whose allocator keeps what was freed, memory is not
// judged. 0: nothing has failed.
#include "hub_process.hpp"
#include "neighbours.hpp"
#include "scenarios.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <thread>

namespace ocf::misbehaving {
namespace {

// What the hub may have more after a round than before: events that were stored, records of refusals.
constexpr long tolerance_kib = 1024;
constexpr double p99_ratio_max = 2;
constexpr std::size_t windows_per_measurement = 8;
// A round that leaves memory behind, or slows the neighbours down, is followed by another: the allocator may
// not have had enough yet, and other work on the machine is not the hub's fault.
constexpr int rounds_max = 8;
constexpr std::chrono::seconds settle_time{3};

// Of this program, and so of the hub beside it: g++ and clang say it differently.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OCF_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define OCF_SANITIZED 1
#endif
#endif
#ifdef OCF_SANITIZED
constexpr bool memory_is_judged = false;
#else
constexpr bool memory_is_judged = true;
#endif

struct Row {
  long before_kib = 0;
  long highest_kib = 0;
  long after_kib = 0;
  long each_kib = 0;  // of a crowd
  double p99_before = 0;
  double p99_during = 0;
  std::string complaint;

  double ratio() const { return p99_before > 0 ? p99_during / p99_before : 0; }
};

// Attackers are other machines: they do not take the processor from the hub and its neighbours. A thread that
// is only nice does, for milliseconds: whoever wakes up does not always preempt it.
void be_idle() {
  const sched_param none{};
  pthread_setschedparam(pthread_self(), SCHED_IDLE, &none);
}

// Repeats the attack until the neighbours were measured long enough, and sees to its end; the highest memory
// meanwhile.
long misbehave(const HubProcess& hub, const Scenario& scenario, Attack& attack, Neighbours& neighbours,
               std::size_t windows, std::size_t& measured_to) {
  long highest = 0;
  std::atomic<bool> done = false;
  const std::size_t enough = neighbours.windows() + windows;
  std::thread attacker([&] {
    be_idle();
    do {
      scenario.attack(attack);
    } while (neighbours.windows() < enough && attack.complaint.empty());
    measured_to = neighbours.windows();
    scenario.finish(attack);
    done = true;
  });
  while (!done) {
    highest = std::max(highest, hub.resident_kib());
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  attacker.join();
  return highest;
}

// The hub's memory when it is back, or when there was time enough for that.
long settled_kib(const HubProcess& hub, long before) {
  const auto end = std::chrono::steady_clock::now() + settle_time;
  long now = hub.resident_kib();
  while (now > before + tolerance_kib && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    now = hub.resident_kib();
  }
  return now;
}

class Run {
 public:
  Run(const HubProcess& hub, bool is_short)
      : hub_(hub), short_(is_short), neighbours_(hub, is_short ? 4 : 24, 4) {
    for (std::size_t i = 0; i < accounts_wanted; ++i) {
      accounts_.emplace_back(hub.tcp_port());
      if (!accounts_.back().sign_up_and_in(new_device_id(), hub.onboard()))
        give_up("an account cannot sign in");
    }
  }

  bool all(const std::vector<Scenario>& scenarios) {
    bool good = true;
    for (const Scenario& scenario : scenarios) {
      const Row row = measured(scenario);
      const std::string each = scenario.crowd == 0 ? "" : std::to_string(row.each_kib);
      std::printf("%-33s %8ld %8ld %8ld %6s   %7.0f us %7.0f us %5.2fx  %s%s\n", scenario.name,
                  row.before_kib, row.highest_kib, row.after_kib, each.c_str(), row.p99_before,
                  row.p99_during, row.ratio(),
                  row.complaint.empty() ? "ok" : "FAILED: ", row.complaint.c_str());
      std::fflush(stdout);
      good = good && row.complaint.empty();
    }
    return good;
  }

 private:
  static constexpr std::size_t accounts_wanted = 10;

  // The first round after the one to get used to it that is good; or the last.
  Row measured(const Scenario& scenario) {
    Attack attack(hub_, accounts_, neighbours_.light_path(), short_ ? 0.1 : 1);
    std::size_t ignored = 0;
    const long before = hub_.resident_kib();
    const long highest = misbehave(hub_, scenario, attack, neighbours_, windows(), ignored);
    // Later rounds take what the allocator kept of this one.
    long each = 0;
    if (scenario.crowd != 0) {
      const auto connections = static_cast<long>(attack.scaled(scenario.crowd));
      each = (highest - before + connections - 1) / connections;
    }
    Row row;
    for (int round = 0; round < rounds_max; ++round) {
      row = one_round(scenario, attack);
      row.each_kib = each;
      if (row.complaint.empty() && memory_is_judged && each > crowd_kib_max)
        row.complaint = "a connection costs too much";
      if (row.complaint.empty() || !attack.complaint.empty()) break;
    }
    return row;
  }

  Row one_round(const Scenario& scenario, Attack& attack) {
    Row row;
    const std::size_t calm = neighbours_.windows() + 1;
    neighbours_.await_windows(calm + windows());
    row.before_kib = hub_.resident_kib();
    row.p99_before = neighbours_.p99_of(calm, calm + windows());

    const std::size_t begin = neighbours_.windows();
    std::size_t end = begin;
    row.highest_kib = misbehave(hub_, scenario, attack, neighbours_, windows(), end);
    row.p99_during = neighbours_.p99_of(begin, std::max(end, begin + 1));
    row.after_kib = settled_kib(hub_, row.before_kib);

    row.complaint = attack.complaint;
    if (row.complaint.empty()) row.complaint = neighbours_.complaint();
    if (row.complaint.empty() && memory_is_judged && row.after_kib > row.before_kib + tolerance_kib)
      row.complaint = "memory is not back";
    if (row.complaint.empty() && !short_ && row.ratio() > p99_ratio_max)
      row.complaint = "the neighbours are slowed down";
    return row;
  }

  std::size_t windows() const { return short_ ? 1 : windows_per_measurement; }

  const HubProcess& hub_;
  const bool short_;
  Neighbours neighbours_;
  std::vector<Peer> accounts_;
};

// The hub inherits it.
void take_all_descriptors() {
  rlimit descriptors{};
  getrlimit(RLIMIT_NOFILE, &descriptors);
  descriptors.rlim_cur = descriptors.rlim_max;
  setrlimit(RLIMIT_NOFILE, &descriptors);
}

bool run_beside_one_hub(const char* binary, bool is_short, const std::vector<Scenario>& scenarios) {
  HubProcess hub(binary);
  const bool good = Run(hub, is_short).all(scenarios);
  if (hub.stop()) return good;
  std::printf("FAILED: the hub did not end cleanly\n");
  return false;
}

// What a connection of a crowd costs can be seen in a hub that had no other: each has its own.
int run(const char* binary, bool is_short) {
  take_all_descriptors();
  std::printf("%-33s %8s %8s %8s %6s   %10s %10s %6s\n", "scenario", "before", "highest", "after", "each",
              "p99 before", "p99 during", "ratio");
  std::vector<Scenario> others;
  bool good = true;
  for (const Scenario& scenario : scenarios()) {
    if (scenario.crowd == 0) {
      others.push_back(scenario);
    } else {
      good = run_beside_one_hub(binary, is_short, {scenario}) && good;
    }
  }
  good = run_beside_one_hub(binary, is_short, others) && good;
  std::printf("%s\n", good ? "nothing has failed" : "FAILED");
  return good ? 0 : 1;
}

}  // namespace
}  // namespace ocf::misbehaving

int main(int argc, char** argv) {
  const bool is_short = argc == 3 && std::strcmp(argv[2], "--short") == 0;
  if (argc != 2 && !is_short) {
    std::fputs("usage: misbehaving OCF_CLOUD [--short]\n", stderr);
    return 2;
  }
  return ocf::misbehaving::run(argv[1], is_short);
}

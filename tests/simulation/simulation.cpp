// Runs the hub in simulated worlds:
//  * `--seeds 1..200`: each seed once; what failed is printed with the command that replays it
//  * `--seeds 1..10 --twice`: each seed twice; both runs have to be the same
//  * `--seed 17 --trace`: one seed, with everything that happened
//  * `--defects`: every defect that the checkers have to notice; `--seed 17 --defect NAME`: one of them
#include "base/decimal.hpp"
#include "tests/simulation/scenario.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdlib.h>
#include <string>
#include <unistd.h>

namespace ocf::simulation {
namespace {

constexpr std::uint64_t seeds_per_defect_max = 300;

struct Options {
  std::uint64_t first = 1, last = 200;
  bool trace = false;
  bool twice = false;
  bool defects = false;
  Defect defect = Defect::none;
};

struct Outcome {
  std::vector<std::string> failures;
  std::uint64_t hash = 0;
};

std::string_view name_of(Defect defect) {
  for (const NamedDefect& named : defects) {
    if (named.defect == defect) return named.name;
  }
  return "none";
}

// What to type to see it again; also printed where an assertion ends the program.
char replay[512];

void print_replay(int) {
  std::fflush(stdout);
  (void)!write(STDOUT_FILENO, replay, std::strlen(replay));
  std::signal(SIGABRT, SIG_DFL);
}

class Runner {
 public:
  explicit Runner(std::string program) : program_(std::move(program)) {
    char pattern[] = "/tmp/simulation-XXXXXX";
    if (mkdtemp(pattern) == nullptr) std::abort();
    directory_ = pattern;
  }
  ~Runner() { std::filesystem::remove_all(directory_); }

  Outcome run(std::uint64_t seed, Defect defect, Trace::Show show) {
    std::string command = "replay: " + program_ + " --seed " + std::to_string(seed);
    if (defect != Defect::none) command.append(" --defect ").append(name_of(defect));
    command += " --trace\n";
    std::snprintf(replay, sizeof replay, "%s", command.c_str());
    Trace trace(show);
    Outcome outcome;
    {
      World world(seed, trace);
      Scenario scenario(world, defect, directory_ / "signing_key.pem");
      scenario.run();
      outcome.failures = world.failures();
    }
    outcome.hash = trace.hash();
    return outcome;
  }

 private:
  const std::string program_;
  std::filesystem::path directory_;
};

bool run_seeds(Runner& runner, const Options& options) {
  std::uint64_t failed = 0;
  for (std::uint64_t seed = options.first; seed <= options.last; ++seed) {
    const auto show = options.trace ? Trace::Show::on_output : Trace::Show::nowhere;
    Outcome outcome = runner.run(seed, options.defect, show);
    if (options.twice && runner.run(seed, options.defect, Trace::Show::nowhere).hash != outcome.hash)
      outcome.failures.push_back("the second run was another one");
    if (options.trace) std::printf("hash %016llx\n", static_cast<unsigned long long>(outcome.hash));
    if (outcome.failures.empty()) continue;
    ++failed;
    std::printf("seed %llu:\n", static_cast<unsigned long long>(seed));
    for (const std::string& failure : outcome.failures) std::printf("  %s\n", failure.c_str());
    std::fputs(replay, stdout);
    std::fflush(stdout);
  }
  std::printf("%llu seeds, %llu failed\n", static_cast<unsigned long long>(options.last - options.first + 1),
              static_cast<unsigned long long>(failed));
  return failed == 0;
}

// The failure that says what the defect is to be noticed as; empty: none does.
std::string notice_of(const NamedDefect& named, const std::vector<std::string>& failures) {
  for (const std::string& failure : failures) {
    if (failure.find(named.noticed_as) != std::string::npos) return failure;
  }
  return {};
}

// Every defect is noticed as what it is, within some seeds.
bool run_defects(Runner& runner) {
  bool all = true;
  for (const NamedDefect& named : defects) {
    std::string notice;
    std::uint64_t seed = 0;
    while (notice.empty() && seed < seeds_per_defect_max)
      notice = notice_of(named, runner.run(++seed, named.defect, Trace::Show::nowhere).failures);
    all = all && !notice.empty();
    const std::string told = notice.empty() ? "NOT NOTICED" : "seed " + std::to_string(seed) + ": " + notice;
    std::printf("%-22s %s\n", std::string(named.name).c_str(), told.c_str());
    std::fflush(stdout);
  }
  return all;
}

bool parse_seeds(std::string_view text, Options& options) {
  const auto dots = text.find("..");
  const std::string_view first = text.substr(0, dots);
  const std::string_view last = dots == text.npos ? first : text.substr(dots + 2);
  const auto from = parse_decimal<std::uint64_t>(first), to = parse_decimal<std::uint64_t>(last);
  options.first = from.value_or(1);
  options.last = to.value_or(0);
  return from && to && options.first <= options.last;
}

bool parse_defect(std::string_view name, Options& options) {
  for (const NamedDefect& named : defects) {
    if (named.name == name) options.defect = named.defect;
  }
  return options.defect != Defect::none;
}

bool parse(int count, char** arguments, Options& options) {
  for (int index = 1; index < count; ++index) {
    const std::string_view option = arguments[index];
    const std::string_view value = index + 1 < count ? arguments[index + 1] : "";
    if (option == "--trace") {
      options.trace = true;
    } else if (option == "--twice") {
      options.twice = true;
    } else if (option == "--defects") {
      options.defects = true;
    } else if (option == "--seeds" || option == "--seed") {
      if (!parse_seeds(value, options)) return false;
      ++index;
    } else if (option == "--defect") {
      if (!parse_defect(value, options)) return false;
      ++index;
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace
}  // namespace ocf::simulation

int main(int count, char** arguments) {
  using namespace ocf::simulation;
  Options options;
  if (!parse(count, arguments, options)) {
    std::fputs(
        "usage: simulation [--seeds FROM..TO | --seed N] [--trace] [--twice] [--defects | --defect NAME]\n",
        stderr);
    return 2;
  }
  std::signal(SIGABRT, print_replay);
  Runner runner(arguments[0]);
  return (options.defects ? run_defects(runner) : run_seeds(runner, options)) ? 0 : 1;
}

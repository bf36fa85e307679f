// What a power cut and a failing disk do to the embedded store, at every moment of a scripted run, and what
// damaged files come to: `store_crash boundaries`, `store_crash faults` and `store_crash damage`. The last
// line that it prints is a report as JSON; it ends with 1 if something is wrong.
#include "tests/contract/event_store_samples.hpp"
#include "tests/crash/client.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <iostream>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace ocf::crash;
using ocf::es::contract::TemporaryDirectory;
namespace fs = std::filesystem;
namespace json = boost::json;

struct Chosen {
  std::uint64_t seed = 1;
  int appends = 100;
  std::size_t step = 1;
  std::uint64_t from = 1, to = 1000;  // calls that fail
  std::string fault;                  // by its name; empty: each
  Defect defect = Defect::none;
};

constexpr std::size_t told_max = 20;  // findings that a report tells in words

class Findings {
 public:
  void add(const std::string& where, const std::vector<std::string>& found) {
    for (const std::string& finding : found) {
      ++counts_[finding.substr(0, finding.find(':'))];
      if (told_.size() < told_max) told_.emplace_back(where + ": " + finding);
    }
  }
  int end(json::object report) const {
    report["wrong"] = json::value_from(counts_);
    report["findings"] = told_;
    std::cout << json::serialize(report) << std::endl;
    return counts_.empty() ? 0 : 1;
  }

 private:
  std::map<std::string, std::uint64_t> counts_;
  json::array told_;
};

constexpr std::array<std::pair<PowerCut, const char*>, 4> cuts{{{PowerCut::kept, "kept"},
                                                                {PowerCut::dropped, "dropped"},
                                                                {PowerCut::torn, "torn"},
                                                                {PowerCut::holes, "holes"}}};

// A store does not tell a write that was torn in its middle from damage: it says so and is not opened.
bool is_named_refusal(const std::vector<std::string>& found) {
  return found.size() == 1 && found.front().starts_with("refused: cannot open") &&
         found.front().find("Corruption") != std::string::npos;
}

// The script runs once; then each of its writes and syncs is the last one before the power goes.
int boundaries(const Chosen& chosen) {
  const TemporaryDirectory directory;
  Disk disk;
  if (chosen.defect == Defect::sync_off) disk.lie_about_syncs();
  Client client(chosen.seed, chosen.appends, chosen.defect);
  const auto path = directory.path() / "store";
  const Outcome outcome = client.run(disk, path);
  const std::vector<Operation> operations = disk.operations();
  Findings findings;
  findings.add("the run", outcome.wrong);
  std::size_t images = 0, refused = 0;
  std::mt19937_64 chance(chosen.seed);
  for (std::size_t before = 1; before <= operations.size(); before += chosen.step) {
    for (const auto& [cut, name] : cuts) {
      const TemporaryDirectory image;
      write_image(operations, before, cut, chance, path, image.path() / "store");
      const auto found =
          client.findings(image.path() / "store", Client::acknowledged_before(operations, before));
      if (cut == PowerCut::holes && is_named_refusal(found)) {
        ++refused;
      } else {
        findings.add("unsynced bytes " + std::string(name) + " before operation " + std::to_string(before),
                     found);
      }
      ++images;
    }
  }
  return findings.end({{"seed", chosen.seed},
                       {"boundaries", operations.size()},
                       {"images", images},
                       {"not opened for holes in the last write", refused},
                       {"acknowledged", outcome.acknowledged}});
}

// What a damaged file comes to.
struct Damage {
  std::uint64_t harmless = 0, named = 0, served = 0;
};

bool is_named(const std::string& finding) { return finding.starts_with("refused: "); }

// What is missing behind a torn end: events, and with them the sessions that they began.
bool is_loss(const std::string& finding) {
  return finding.starts_with("lost: ") || finding.ends_with("is open to outdated sessions");
}

// Which of them are wrong of a damaged file: what is neither named nor, where a log may end anywhere, a loss.
std::vector<std::string> wrong_of(const std::vector<std::string>& found, bool may_lose) {
  std::vector<std::string> wrong;
  for (const std::string& finding : found) {
    if (!is_named(finding) && !(may_lose && is_loss(finding))) wrong.push_back(finding);
  }
  return wrong;
}

// sst, log, MANIFEST, CURRENT, …
std::string kind_of(const fs::path& file) {
  const std::string extension = file.extension().string();
  if (!extension.empty()) return extension.substr(1);
  const std::string name = file.filename().string();
  return name.substr(0, name.find('-'));
}

void flip(const fs::path& file, std::uintmax_t at) {
  std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
  bytes.seekg(static_cast<std::streamoff>(at));
  const int byte = bytes.get();
  bytes.seekp(static_cast<std::streamoff>(at));
  bytes.put(static_cast<char>(byte ^ 0x10));
}

// Of a process that was killed, the end of the newest log is what there is: nothing tells a log that somebody
// cut off from one whose end is torn. After a clean stop the index tells it.
constexpr const char* torn_end = "log cut off";

constexpr std::uintmax_t places_min = 8;  // in each file, however small

// The script runs once, and is killed; then bytes of each file are another, one at a time, or the file ends
// there.
int damage(const Chosen& chosen) {
  const TemporaryDirectory directory, images;
  Disk disk;
  Client client(chosen.seed, chosen.appends, Defect::none);
  const auto path = directory.path() / "store";
  const Outcome outcome = client.run(disk, path);
  auto operations = disk.operations();
  while (operations.back().act != Act::acknowledge) operations.pop_back();
  const auto acknowledged = Client::acknowledged_before(operations, operations.size());
  std::mt19937_64 chance(chosen.seed);
  const fs::path whole = images.path() / "whole", damaged = images.path() / "damaged";
  write_image(operations, operations.size(), PowerCut::kept, chance, path, whole);
  Findings findings;
  std::map<std::string, Damage> kinds;
  for (const auto& file : fs::directory_iterator(whole)) {
    const std::uintmax_t step = std::min<std::uintmax_t>(chosen.step, file.file_size() / places_min + 1);
    for (std::uintmax_t at = chance() % step; at < file.file_size(); at += step) {
      for (const bool cut_off : {false, true}) {
        fs::remove_all(damaged);
        fs::copy(whole, damaged);
        const fs::path one = damaged / file.path().filename();
        if (cut_off) {
          fs::resize_file(one, at);
        } else {
          flip(one, at);
        }
        const std::string kind = kind_of(one) + (cut_off ? " cut off" : "");
        const auto found = client.findings(damaged, acknowledged);
        Damage& sort = kinds[kind];
        const bool all_named = std::all_of(found.begin(), found.end(), is_named);
        ++(found.empty() ? sort.harmless : all_named ? sort.named : sort.served);
        findings.add(one.filename().string() + (cut_off ? " cut off" : "") + " at byte " + std::to_string(at),
                     wrong_of(found, kind == torn_end));
      }
    }
  }
  json::object told;
  for (const auto& [kind, sort] : kinds)
    told[kind] = json::object{{"harmless", sort.harmless}, {"named", sort.named}, {"served", sort.served}};
  return findings.end({{"seed", chosen.seed}, {"acknowledged", outcome.acknowledged}, {"files", told}});
}

// One run with one fault, in a process of its own: what ends it is a finding.
struct Run {
  std::vector<std::string> findings;
  std::size_t acknowledged = 0;
  bool hit = false, recovered = false, reopened = false;
};

std::string run_apart(const Chosen& chosen, Fault fault, std::uint64_t call) {
  const TemporaryDirectory directory;
  const auto path = directory.path() / "store";
  Disk disk;
  disk.break_at(fault, call);
  Client client(chosen.seed, chosen.appends, Defect::none);
  const Outcome outcome = client.run(disk, path);
  const auto operations = disk.operations();
  auto found = client.findings(path, Client::acknowledged_before(operations, operations.size()));
  found.insert(found.end(), outcome.wrong.begin(), outcome.wrong.end());
  return json::serialize(json::object{{"findings", json::value_from(found)},
                                      {"acknowledged", outcome.acknowledged},
                                      {"hit", disk.has_failed()},
                                      {"recovered", outcome.recovered},
                                      {"reopened", outcome.reopened}});
}

// The answer of run_apart, or how the process ended.
json::object run_in_a_process(const Chosen& chosen, Fault fault, std::uint64_t call) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) throw std::runtime_error("no pipe");
  const pid_t child = fork();
  if (child == 0) {
    // RocksDB complains, as it should. Who looks at one call alone wants to see it.
    if (chosen.from != chosen.to) dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
    std::string answer;
    try {
      answer = run_apart(chosen, fault, call);
    } catch (const std::exception& error) {
      answer = json::serialize(json::object{{"findings", {std::string("refused: ") + error.what()}}});
    }
    const bool written = write(ends[1], answer.data(), answer.size()) == static_cast<ssize_t>(answer.size());
    _exit(written ? 0 : 1);
  }
  close(ends[1]);
  std::string answer;
  std::array<char, 4096> bytes{};
  for (ssize_t size = 0; (size = read(ends[0], bytes.data(), bytes.size())) > 0;)
    answer.append(bytes.data(), static_cast<std::size_t>(size));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) return {{"findings", {"crash: signal " + std::to_string(WTERMSIG(status))}}};
  if (answer.empty()) return {{"findings", {"crash: exit code " + std::to_string(WEXITSTATUS(status))}}};
  return json::parse(answer).as_object();
}

constexpr std::array<std::pair<Fault, const char*>, 3> faults_of_a_disk{
    {{Fault::io_error, "EIO"}, {Fault::no_space, "ENOSPC"}, {Fault::failed_sync, "sync"}}};

int faults(const Chosen& chosen) {
  Findings findings;
  std::uint64_t tried = 0, acknowledged = 0, recovered = 0, reopened = 0;
  for (const auto& [fault, name] : faults_of_a_disk) {
    if (!chosen.fault.empty() && chosen.fault != name) continue;
    for (std::uint64_t call = chosen.from; call <= chosen.to; call += chosen.step) {
      const json::object run = run_in_a_process(chosen, fault, call);
      std::vector<std::string> found;
      for (const json::value& finding : run.at("findings").as_array())
        found.emplace_back(finding.as_string());
      findings.add(std::string(name) + " at call " + std::to_string(call), found);
      if (!run.contains("hit")) continue;
      if (!run.at("hit").as_bool()) break;  // the script makes no more calls of this kind
      ++tried;
      acknowledged += run.at("acknowledged").to_number<std::uint64_t>();
      recovered += run.at("recovered").as_bool();
      reopened += run.at("reopened").as_bool();
    }
  }
  return findings.end({{"seed", chosen.seed},
                       {"faults", tried},
                       {"acknowledged", acknowledged},
                       {"recovered without a restart", recovered},
                       {"recovered by a restart", reopened}});
}

}  // namespace

int main(int count, char** arguments) {
  Chosen chosen;
  CLI::App app("A power cut and a failing disk under the embedded store, at every moment of a scripted run.");
  app.require_subcommand(1);
  const std::map<std::string, Defect> defects{{"none", Defect::none},
                                              {"sync", Defect::sync_off},
                                              {"fence", Defect::fence_off},
                                              {"dedup", Defect::dedup_off}};
  for (auto* command :
       {app.add_subcommand("boundaries", "the power goes before each write and sync"),
        app.add_subcommand("faults", "EIO, ENOSPC and a failed sync at each of the first calls"),
        app.add_subcommand("damage", "a byte of a file is another, or the file ends there")}) {
    command->add_option("--seed", chosen.seed, "of the script");
    command->add_option("--appends", chosen.appends, "in the script");
    command->add_option("--step", chosen.step, "takes one moment of so many")->check(CLI::PositiveNumber);
  }
  app.get_subcommand("boundaries")
      ->add_option("--without", chosen.defect, "the negative control: what is left out")
      ->transform(CLI::CheckedTransformer(defects));
  app.get_subcommand("faults")
      ->add_option("--fault", chosen.fault, "that one alone")
      ->check(CLI::IsMember({"EIO", "ENOSPC", "sync"}));
  app.get_subcommand("faults")->add_option("--from", chosen.from, "the first call that fails");
  app.get_subcommand("faults")->add_option("--to", chosen.to, "the last one");
  CLI11_PARSE(app, count, arguments);
  if (app.got_subcommand("damage")) return damage(chosen);
  return app.got_subcommand("boundaries") ? boundaries(chosen) : faults(chosen);
}

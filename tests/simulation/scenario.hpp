// One run: a hub, lights, the people who own them, and what goes wrong.
#pragma once

#include "net/gate.hpp"
#include "sim/client.hpp"
#include "sim/device.hpp"
#include "tests/simulation/checks.hpp"
#include "tests/simulation/hub.hpp"
#include "tests/simulation/network.hpp"
#include "tests/simulation/world.hpp"

#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace ocf::simulation {

// Lives in its world, which outlives it. Everything that it decides comes from the world's Draw.
class Scenario {
 public:
  Scenario(World& world, Defect defect, std::filesystem::path signing_key);
  ~Scenario();

  // From the first start of the hub to the last; what should not be is in World::failures().
  void run();

 private:
  // Which faults a run knows: half of them on average, so that each is met with and without each other.
  enum class Fault {
    delays,
    splits,
    cuts,
    resets,
    slow_store,
    full_store,
    store_outages,
    conflicts,
    unknown_outcomes,
    crashes_in_commits,
    kills,
    power_cuts,
    restarts,
    clock_steps,
    factory_resets,
    changes_of_owner,
    trimming,
  };
  enum class Phase { trouble, calm, end };

  struct Light {
    DeviceId id;
    std::string host;
    std::string owner;
    std::unique_ptr<sim::Device> device;  // null between two lives
    std::int64_t power = 0;               // that it gave itself last
    bool leaving = false;                 // its owner is removing it from the cloud
    std::string former{};                 // whose it was before; empty: nobody's
  };
  struct Person {
    std::string name;
    DeviceId id;
    std::unique_ptr<sim::Client> client;
    std::optional<sim::Account> account;
    bool signed_in = false;
    std::set<std::string> observed;  // on this connection
  };

  void draw_faults();
  bool may(Fault fault) const { return faults_.contains(fault); }
  void make_calm();
  void spawn(awaitable<void> task);
  static awaitable<void> counted(Scenario& self, awaitable<void> task);

  // -- The hub
  awaitable<void> start_hub();
  awaitable<void> bury(std::shared_ptr<Hub> dead);
  void kill(Network::Death death, std::string_view when);
  awaitable<void> restart_gracefully();
  bool serves() const { return hub_ && serving_; }

  // -- Who lives here
  awaitable<void> live(Light& light);
  awaitable<void> give_away(Light& light);
  awaitable<void> remove_again(Light& light);
  awaitable<std::optional<std::string>> code_for(std::string owner);
  awaitable<void> use(Person& person);
  awaitable<bool> sign_in(Person& person);
  awaitable<void> look_and_change(Person& person);
  awaitable<void> see(Person& person, std::string href, bool observe);
  awaitable<void> change(Person& person, std::string href);
  awaitable<void> probe_foreign(Person& person);
  awaitable<void> read_own(Person& person);
  awaitable<void> use_api(std::string owner);
  awaitable<void> ask_by_api(std::shared_ptr<Hub> hub, std::string owner);
  awaitable<void> make_trouble();
  awaitable<void> make_one_trouble();
  awaitable<void> interrupt(bool StoreTroubles::*trouble);

  // -- What has to hold
  // Why the world is not as its lights are; empty: it is.
  std::string unsettled() const;
  void judge();
  awaitable<void> read_feed(std::shared_ptr<Hub> hub, std::string owner, const Log& wanted);
  void note_seen(const std::string& person, ByteView representation);

  World& world_;
  const Defect defect_;
  const std::filesystem::path signing_key_;
  std::set<Fault> faults_;
  Limits limits_;
  Disk disk_;
  Acknowledged acknowledged_;
  Told told_;
  StoreTroubles troubles_;
  Network network_;
  std::shared_ptr<Hub> hub_;
  std::deque<Light> lights_;
  std::deque<Person> people_;
  std::map<std::string, std::set<DeviceId>> owned_;  // by anybody at any time
  std::map<es::Partition, es::Offset> folded_;       // what hubs that died had made known
  Phase phase_ = Phase::trouble;
  bool serving_ = false;
  bool stopping_ = false;
  std::int64_t next_odd_ = 1;  // powers that people ask for
  std::int64_t next_even_ = 2;
  std::size_t running_ = 0;  // coroutines
  std::size_t looking_ = 0;  // people who read what is theirs, once it is settled
  std::size_t reading_ = 0;  // feeds
};

}  // namespace ocf::simulation

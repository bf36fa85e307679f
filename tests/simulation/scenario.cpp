#include "tests/simulation/scenario.hpp"

#include "cbor/cbor.hpp"
#include "cloud/feed.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace ocf::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view provider = "ocf-cloud";
constexpr std::string_view light_href = "/light/1";
constexpr seconds trouble_time{90};
constexpr seconds calm_time{70};  // what waits for a device has come to its end
constexpr seconds settle_time_max{300};
constexpr seconds end_time_max{300};
constexpr seconds time_to_live{30};

const std::array<std::string, 2> owners{"alice", "bob"};

DeviceId id_of(unsigned number) {
  char text[40];
  std::snprintf(text, sizeof text, "00000000-0000-4000-8000-%012u", number);
  return DeviceId::parse(text).value();
}

Bytes power(std::int64_t value) {
  return cbor::from_json("{\"power\":" + std::to_string(value) + '}').value();
}

}  // namespace

Scenario::Scenario(World& world, Defect defect, std::filesystem::path signing_key)
    : world_(world), defect_(defect), signing_key_(std::move(signing_key)), network_(world) {
  limits_.ping_interval = seconds(20);
  draw_faults();
  const std::size_t lights = 1 + world_.draw().below(3);
  for (unsigned number = 1; number <= lights; ++number) {
    lights_.push_back({id_of(number), "light-" + std::to_string(number), owners[number % 2], nullptr, 0});
  }
  for (const std::string& name : owners) {
    sim::ClientSettings settings;
    settings.connector = network_.from(name);
    settings.answer_time = seconds(40);
    Person person;
    person.name = name;
    person.id = id_of(100 + static_cast<unsigned>(people_.size()));
    person.client = std::make_unique<sim::Client>(world_.shard(), std::move(settings));
    people_.push_back(std::move(person));
  }
}

Scenario::~Scenario() = default;

void Scenario::draw_faults() {
  constexpr std::array<std::string_view, 17> names{"delays",
                                                   "splits",
                                                   "cuts",
                                                   "resets",
                                                   "slow store",
                                                   "full store",
                                                   "outages",
                                                   "conflicts",
                                                   "unknown outcomes",
                                                   "crashes in commits",
                                                   "kills",
                                                   "power cuts",
                                                   "restarts",
                                                   "clock steps",
                                                   "factory resets",
                                                   "changes of owner",
                                                   "trimming"};
  const bool any = !world_.draw().chance(60);
  std::string list;
  for (std::size_t fault = 0; fault < names.size(); ++fault) {
    if (!world_.draw().chance(500) || !any) continue;
    faults_.insert(static_cast<Fault>(fault));
    list.append(list.empty() ? "" : ", ").append(names[fault]);
  }
  world_.say("faults", list.empty() ? "none" : list);
  if (may(Fault::delays))
    network_.weather.delay_max = world_.draw().chance(500) ? milliseconds(400) : milliseconds(2500);
  if (may(Fault::splits)) network_.weather.splits = 30;
  if (may(Fault::slow_store)) troubles_.delay_max = milliseconds(500);
  if (may(Fault::conflicts)) troubles_.conflicts = 100;
  if (may(Fault::unknown_outcomes)) troubles_.unknown = 100;
  if (may(Fault::crashes_in_commits)) troubles_.crashes = 20;
  if (may(Fault::trimming)) {
    limits_.retention_time = seconds(15);
    limits_.retention_interval = seconds(5);
  }
  network_.weather.overtaking = defect_ == Defect::overtaking;
}

void Scenario::make_calm() {
  world_.say("faults", "no more");
  faults_.clear();
  const bool overtaking = network_.weather.overtaking;
  network_.weather = {};
  network_.weather.overtaking = overtaking;
  troubles_ = {};
  limits_.retention_time = {};  // what the judge reads stays
  for (const Light& light : lights_) network_.mend(light.host);
  for (const Person& person : people_) network_.mend(person.name);
  phase_ = Phase::calm;
}

void Scenario::run() {
  spawn(start_hub());
  for (Light& light : lights_) spawn(live(light));
  for (Person& person : people_) spawn(use(person));
  for (const std::string& owner : owners) spawn(use_api(owner));
  spawn(make_trouble());
  world_.run_for(trouble_time);

  make_calm();
  world_.run_for(calm_time);
  for (Light& light : lights_) {
    if (!light.device) continue;
    light.power = std::exchange(next_even_, next_even_ + 2);
    light.device->set_property(light_href, "power", light.power);
  }
  const auto settled = [this] { return unsettled().empty(); };
  if (world_.run_until(settled, settle_time_max)) {
    looking_ = people_.size();
    for (Person& person : people_) spawn(read_own(person));
    if (!world_.run_until([this] { return looking_ == 0; }, settle_time_max))
      world_.fail("somebody cannot read what is theirs");
  } else {
    world_.fail("after everything is well again: " + unsettled());
  }
  judge();

  // What is there survives the end of the process.
  kill(Network::Death::power, "at the end");
  if (world_.run_until([this] { return serves(); }, settle_time_max)) {
    judge();
  } else {
    world_.fail("the hub does not come back");
  }

  phase_ = Phase::end;
  spawn(restart_gracefully());
  const auto ended = [this] { return running_ == 0; };
  if (!world_.run_until(ended, end_time_max)) {
    world_.fail(std::to_string(running_) + " coroutines do not end");
    std::abort();  // what they use cannot be destroyed
  }
}

void Scenario::spawn(awaitable<void> task) { world_.shard().spawn(counted(*this, std::move(task))); }

awaitable<void> Scenario::counted(Scenario& self, awaitable<void> task) {
  ++self.running_;
  co_await std::move(task);
  --self.running_;
}

// -- The hub

awaitable<void> Scenario::start_hub() {
  while (phase_ != Phase::end) {
    co_await world_.sleep(world_.draw().between(milliseconds(200), seconds(5)));
    const auto crash = [this](std::string_view when) { kill(Network::Death::process, when); };
    Store::Parts parts{world_, disk_, troubles_, acknowledged_, defect_, crash, {}};
    const auto hub = std::make_shared<Hub>(world_, network_, limits_, std::move(parts), signing_key_);
    hub_ = hub;
    const bool started = co_await hub->start();
    if (hub_ != hub) co_return;  // killed meanwhile: whoever did that starts the next
    if (started) {
      for (const auto& [partition, end] : folded_) {
        if (hub->cloud().read_models().next(partition) < end)
          world_.fail("a hub that died had made known what is not stored");
      }
      serving_ = true;
      break;
    }
    hub_ = nullptr;
    co_await hub->stop();
  }
}

awaitable<void> Scenario::bury(std::shared_ptr<Hub> dead) { co_await dead->stop(); }

void Scenario::kill(Network::Death death, std::string_view when) {
  if (!hub_ || hub_->is_dead()) return;
  world_.say("hub", std::string(death == Network::Death::power ? "loses its power " : "is killed ") +
                        std::string(when));
  for (es::Partition partition = 0; partition < Store::partition_count; ++partition)
    folded_[partition] = std::max(folded_[partition], hub_->cloud().read_models().next(partition));
  hub_->die(death);
  disk_.crash(world_.draw());
  serving_ = false;
  if (stopping_) return;  // restart_gracefully() goes on
  spawn(bury(std::exchange(hub_, nullptr)));
  spawn(start_hub());
}

// At the end of everything it does not start again.
awaitable<void> Scenario::restart_gracefully() {
  if (!serves()) co_return;
  world_.say("hub", "stops");
  serving_ = false;
  stopping_ = true;
  co_await hub_->stop();
  stopping_ = false;
  hub_ = nullptr;
  if (phase_ != Phase::end) spawn(start_hub());
}

// -- The lights

// Onboards it, again and again if need be, and lets it shine.
awaitable<void> Scenario::live(Light& light) {
  Draw& draw = world_.draw();
  while (phase_ != Phase::end) {
    co_await world_.sleep(draw.between(milliseconds(100), seconds(3)));
    const auto code = co_await code_for(light.owner);
    if (!code) continue;
    owned_[light.owner].insert(light.id);
    sim::DeviceSettings settings;
    settings.device = light.id;
    settings.name = light.host;
    settings.provider = provider;
    settings.code = *code;
    settings.pace.first_pause = milliseconds(500);
    light.power = 0;
    light.device = std::make_unique<sim::Device>(
        world_.shard(), std::move(settings), network_.from(light.host),
        [this, &light](std::string_view sentence) { world_.say(light.host, sentence); });
    light.device->start();
    const std::string owner = light.owner;
    while (phase_ != Phase::end && !light.device->is_stopped() && light.owner == owner) {
      co_await world_.sleep(draw.between(milliseconds(50), seconds(4)));
      if (light.leaving) co_await give_away(light);
      if (!light.former.empty() && !light.device->is_signed_in()) co_await remove_again(light);
      if (phase_ != Phase::trouble) continue;
      if (may(Fault::factory_resets) && draw.chance(10)) {
        world_.say(light.host, "forgets everything");
        break;
      }
      const bool is_known = light.device->is_signed_in();
      if (is_known && may(Fault::changes_of_owner) && draw.chance(20)) co_await give_away(light);
      for (std::uint64_t changes = 1 + draw.below(3); changes > 0; --changes) {
        light.power = std::exchange(next_even_, next_even_ + 2);
        light.device->set_property(light_href, "power", light.power);
      }
    }
    co_await light.device->stop();
    light.device.reset();
  }
}

// Its owner removes it from the cloud, as often as it takes, and another one takes it home.
awaitable<void> Scenario::give_away(Light& light) {
  light.leaving = true;
  if (!serves()) co_return;
  const auto hub = hub_;
  const auto inside = hub->enter();
  if (!inside) co_return;
  const auto caller = co_await hub->user(light.owner);
  if (!caller) co_return;
  const auto removed = co_await hub->cloud().remove_device(*caller, light.id);
  const bool gone = removed || removed.error() == cloud::CloudError::not_found;
  if (hub->is_dead() || !gone) co_return;
  light.leaving = false;
  light.former = std::exchange(light.owner, light.owner == owners[0] ? owners[1] : owners[0]);
  world_.say(light.host, "belongs to " + light.owner + " now");
}

// A sign-up that was under way may have come to its end behind the removal: whose light it was sees it again.
awaitable<void> Scenario::remove_again(Light& light) {
  if (!serves()) co_return;
  const auto hub = hub_;
  const auto inside = hub->enter();
  if (!inside) co_return;
  const auto caller = co_await hub->user(light.former);
  if (caller) (void)co_await hub->cloud().remove_device(*caller, light.id);
}

awaitable<std::optional<std::string>> Scenario::code_for(std::string owner) {
  if (!serves()) co_return std::nullopt;
  const auto hub = hub_;
  const auto code = co_await hub->issue_code(owner);
  if (hub->is_dead() || !code) co_return std::nullopt;
  co_return *code;
}

// -- The people

awaitable<void> Scenario::use(Person& person) {
  while (phase_ != Phase::end) {
    co_await world_.sleep(world_.draw().between(milliseconds(100), seconds(3)));
    const bool ready = co_await sign_in(person);
    if (ready) co_await look_and_change(person);
  }
  co_await person.client->stop();
}

awaitable<bool> Scenario::sign_in(Person& person) {
  if (!person.client->is_connected()) {
    person.signed_in = false;
    person.observed.clear();
    const auto connected = co_await person.client->connect();
    if (!connected) co_return false;
  }
  if (!person.account) {
    auto code = co_await code_for(person.name);
    if (!code) co_return false;
    owned_[person.name].insert(person.id);
    auto account = co_await person.client->sign_up(person.id, std::move(*code), std::string(provider));
    if (!account) co_return false;
    person.account = std::move(*account);
  }
  if (person.signed_in) co_return true;
  sim::Account account = *person.account;
  const auto signed_in = co_await person.client->sign_in(std::move(account));
  if (!signed_in && signed_in.error() == sim::refusal(coap::Code::unauthorized)) person.account.reset();
  person.signed_in = signed_in.has_value();
  co_return person.signed_in;
}

awaitable<void> Scenario::look_and_change(Person& person) {
  const auto links = co_await person.client->discover();
  // The token has expired: the next sign-in is refused, and a new sign-up follows.
  if (!links && links.error() == sim::refusal(coap::Code::unauthorized)) person.signed_in = false;
  if (!links) co_return;
  std::vector<std::string> hrefs;
  for (const DiscoveredLink& found : *links) {
    if (!owned_[person.name].contains(found.device))
      world_.fail(person.name + " finds a device of somebody else: " + found.device.text());
    if (found.link.href.text().ends_with(light_href)) hrefs.push_back(found.link.href.text());
  }
  co_await probe_foreign(person);
  if (hrefs.empty()) co_return;
  const std::string href = hrefs[world_.draw().below(hrefs.size())];
  if (phase_ != Phase::trouble) co_return co_await see(person, href, false);
  switch (world_.draw().below(3)) {
    case 0: co_return co_await see(person, href, person.observed.insert(href).second);
    case 1: co_return co_await see(person, href, false);
    default: co_return co_await change(person, href);
  }
}

// A device that was never this person's does not exist for it.
awaitable<void> Scenario::probe_foreign(Person& person) {
  const Light& light = lights_[world_.draw().below(lights_.size())];
  if (owned_[person.name].contains(light.id)) co_return;
  const auto answer = co_await person.client->get('/' + light.id.text() + std::string(light_href));
  if (answer && coap::is_success(answer->code))
    world_.fail(person.name + " reads a device of somebody else: " + light.id.text());
}

awaitable<void> Scenario::see(Person& person, std::string href, bool observe) {
  if (observe) {
    const auto told = [this, &person](const coap::Message& notification) {
      note_seen(person.name, notification.payload);
    };
    const auto first = co_await person.client->observe(std::move(href), told);
    if (first && coap::is_success(first->code)) note_seen(person.name, first->payload);
    co_return;
  }
  const auto answer = co_await person.client->get(std::move(href));
  if (answer && coap::is_success(answer->code)) note_seen(person.name, answer->payload);
}

// After everything has settled: each own light, until it was read. No light changes any more.
awaitable<void> Scenario::read_own(Person& person) {
  for (const Light& light : lights_) {
    if (light.owner != person.name) continue;
    for (bool is_read = false; !is_read && phase_ == Phase::calm;) {
      co_await world_.sleep(milliseconds(500));
      if (!person.signed_in) continue;
      const auto answer = co_await person.client->get('/' + light.id.text() + std::string(light_href));
      is_read = answer && coap::is_success(answer->code);
      const auto value = is_read ? power_of(answer->payload) : std::nullopt;
      if (is_read && value != light.power) {
        world_.fail(person.name + " is shown " + (value ? std::to_string(*value) : "nothing") +
                    " instead of " + std::to_string(light.power) + " by " + light.host);
      }
    }
  }
  --looking_;
}

awaitable<void> Scenario::change(Person& person, std::string href) {
  const std::int64_t value = std::exchange(next_odd_, next_odd_ + 2);
  world_.say(person.name, "asks for " + std::to_string(value));
  told_.asked.insert(value);
  const auto answer = co_await person.client->post(std::move(href), power(value));
  if (!answer || answer->code != coap::Code::changed) co_return;
  world_.say(person.name, "is told that it is " + std::to_string(value));
  told_.confirmed.insert(value);
}

void Scenario::note_seen(const std::string& person, ByteView representation) {
  if (const auto value = power_of(representation)) told_.seen[person].insert(*value);
}

// As the HTTP API does: commands that wait for an offline device, and live retrievals.
awaitable<void> Scenario::use_api(std::string owner) {
  while (phase_ != Phase::end) {
    co_await world_.sleep(world_.draw().between(seconds(1), seconds(8)));
    const auto hub = hub_;
    if (serves() && phase_ == Phase::trouble) co_await ask_by_api(hub, owner);
  }
}

awaitable<void> Scenario::ask_by_api(std::shared_ptr<Hub> hub, std::string owner) {
  const auto inside = hub->enter();
  if (!inside) co_return;
  const auto caller = co_await hub->user(owner);
  if (!caller) co_return;
  const Light& light = lights_[world_.draw().below(lights_.size())];
  const bool changes = world_.draw().chance(600);
  cloud::Request request(light.id, Href(std::string(light_href)),
                         changes ? resource::Operation::update : resource::Operation::retrieve);
  const std::int64_t value = changes ? std::exchange(next_odd_, next_odd_ + 2) : 0;
  if (changes) {
    world_.say(owner, "asks by the API for " + std::to_string(value));
    told_.asked.insert(value);
    request.content = {coap::content_format::ocf_cbor, share(power(value))};
    request.time_to_live = time_to_live;
  } else {
    request.live = true;
  }
  const auto answer = co_await hub->cloud().request(*caller, std::move(request));
  if (hub->is_dead() || !answer) co_return;
  if (changes && answer->status == resource::Status::changed) told_.confirmed.insert(value);
  if (!changes && resource::is_success(answer->status)) note_seen(owner, view_of(answer->content.bytes));
}

// -- Trouble

awaitable<void> Scenario::make_trouble() {
  while (phase_ == Phase::trouble) {
    co_await world_.sleep(world_.draw().between(milliseconds(500), seconds(12)));
    if (phase_ == Phase::trouble) co_await make_one_trouble();
  }
}

awaitable<void> Scenario::make_one_trouble() {
  constexpr std::array<Fault, 8> kinds{Fault::cuts,          Fault::resets,     Fault::full_store,
                                       Fault::store_outages, Fault::kills,      Fault::power_cuts,
                                       Fault::restarts,      Fault::clock_steps};
  Draw& draw = world_.draw();
  const Fault kind = kinds[draw.below(kinds.size())];
  if (!may(kind)) co_return;
  const std::uint64_t chosen = draw.below(lights_.size() + people_.size());
  const std::string host =
      chosen < lights_.size() ? lights_[chosen].host : people_[chosen - lights_.size()].name;
  switch (kind) {
    case Fault::cuts:
      network_.cut(host);
      world_.after(draw.between(milliseconds(300), seconds(60)), [this, host] { network_.mend(host); });
      break;
    case Fault::resets:
      // The next connection overtakes the last words of this one.
      network_.delay(host, seconds(5));
      co_await world_.sleep(draw.between(milliseconds(100), seconds(4)));
      network_.reset(host);
      break;
    case Fault::full_store: co_await interrupt(&StoreTroubles::full); break;
    case Fault::store_outages: co_await interrupt(&StoreTroubles::away); break;
    case Fault::kills: kill(Network::Death::process, "by somebody"); break;
    case Fault::power_cuts: kill(Network::Death::power, "suddenly"); break;
    case Fault::restarts: co_await restart_gracefully(); break;
    default:
      const auto step = milliseconds(draw.below(7'200'000)) - milliseconds(3'600'000);
      world_.say("clock", "is set by " + std::to_string(step.count()) + " ms");
      world_.simulation().step_wall(step);
  }
}

awaitable<void> Scenario::interrupt(bool StoreTroubles::*trouble) {
  world_.say("store", trouble == &StoreTroubles::full ? "is full" : "is away");
  troubles_.*trouble = true;
  co_await world_.sleep(world_.draw().between(milliseconds(100), seconds(20)));
  troubles_.*trouble = false;
  world_.say("store", "is back");
}

// -- What has to hold

std::string Scenario::unsettled() const {
  if (!serves()) return "the hub does not serve";
  const cloud::ReadModels& models = hub_->cloud().read_models();
  for (const Light& light : lights_) {
    if (!light.device || !light.device->is_signed_in()) return light.host + " is not signed in";
    const directory::DeviceEntry* entry = models.directory.known(tenant(), light.id);
    if (entry == nullptr || !entry->online) return light.host + " is not online";
    if (entry->owner.text() != light.owner) return light.host + " has another owner";
    if (!entry->in_sync) return light.host + " is not in sync";
    const auto* known = models.shadow.get(entry->key, Href(std::string(light_href)));
    const auto value = known != nullptr ? power_of(view_of(known->content.bytes)) : std::nullopt;
    if (value != light.power) {
      return light.host + " has power " + std::to_string(light.power) + ", and the shadow says " +
             (value ? std::to_string(*value) : "nothing");
    }
  }
  if (!models.pending.all().empty()) return "a command is still pending";
  return {};
}

void Scenario::judge() {
  if (!serves()) return;
  const cloud::ReadModels& models = hub_->cloud().read_models();
  const Log stored = whole_log_of(hub_->store());
  Log left;  // after trimming
  for (es::RecordedEvent& event : log_of(hub_->store().log())) {
    if (event.position.offset < models.next(event.position.partition)) left.push_back(std::move(event));
  }
  Log log;  // without what is about to be announced
  for (const es::RecordedEvent& event : stored) {
    if (event.position.offset < models.next(event.position.partition)) log.push_back(event);
  }
  world_.say("judge", std::to_string(log.size()) + " events, " + std::to_string(acknowledged_.size()) +
                          " acknowledged, " + std::to_string(hub_->store().trimmed().size()) + " trimmed");
  for (const es::RecordedEvent& event : log) {
    world_.say("log", std::to_string(event.position.partition) + ':' + std::to_string(event.position.offset) +
                          ' ' + event.stream.text() + ' ' + std::to_string(event.version) + ' ' +
                          event.event.type);
  }
  std::set<es::CorrelationId> waiting;
  for (const auto& [key, commands] : models.pending.all()) {
    for (const pending::PendingCommand& command : commands) waiting.insert(command.correlation);
  }
  check_readable(world_, log);
  check_readable(world_, left);
  check_places(world_, log);
  check_acknowledged(world_, stored, acknowledged_);
  check_commands(world_, log, waiting);
  check_sessions(world_, log);
  check_owners(world_, log);
  check_told(world_, log, told_);
  check_read_models(world_, log, models);
  check_read_models(world_, left, models);
  check_online(world_, log, models.directory);
  reading_ = owners.size();
  for (const std::string& owner : owners) spawn(read_feed(hub_, owner, left));
  if (!world_.run_until([this] { return reading_ == 0; }, settle_time_max))
    world_.fail("a feed does not end");
}

// A feed from the beginning of the log, at least as far as it is now.
awaitable<void> Scenario::read_feed(std::shared_ptr<Hub> hub, std::string owner, const Log& wanted) {
  Log given;
  const auto caller = co_await hub->user(owner);
  if (caller) {
    const cloud::Cursor begin{std::vector<es::Offset>(Store::partition_count, 1)};
    cloud::FeedFilter everything;
    auto feed = co_await hub->cloud().feed(*caller, std::move(everything), begin.text());
    for (bool more = feed.has_value(); more;) {
      const auto page = co_await (*feed)->next(milliseconds(1));
      more = page && !page->empty();
      for (std::size_t index = 0; more && index < page->size(); ++index)
        given.push_back((*page)[index].recorded);
    }
  }
  check_feed(world_, wanted, owner, given);
  --reading_;
}

}  // namespace ocf::simulation

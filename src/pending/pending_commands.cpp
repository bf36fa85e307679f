#include "pending/pending_commands.hpp"

#include "base/overload.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace ocf::pending {
namespace {

auto position_of(auto& commands, const es::CorrelationId& correlation) {
  return std::find_if(commands.begin(), commands.end(),
                      [&](const PendingCommand& command) { return command.correlation == correlation; });
}

}  // namespace

void PendingCommands::apply(const es::RecordedEvent& recorded) {
  const auto href = resource::href_of(recorded.stream);
  const auto key = device::key_of(recorded.stream);
  if (!href || !key) return;
  auto event = resource::Resource::decode(recorded);
  if (!event || !*event) return;
  std::visit(overload{[&](resource::CommandPending& e) {
                        add({*key, account::Owner(recorded.event.audit.owner), *href,
                             std::move(e.correlation), e.operation, std::move(e.query), std::move(e.content),
                             recorded.event.time, e.valid_until, 0});
                      },
                      [&](const resource::CommandDispatched& e) { dispatch(*key, e); },
                      [&](const resource::CommandAnswered& e) { remove(*key, e.correlation); },
                      [&](const resource::CommandEnded& e) { remove(*key, e.correlation); },
                      [](const resource::ResourceRepresentationUpdated&) {},
                      [](const resource::NotificationRejected&) {},
                      [&](const resource::BaselineTaken&) { remove_all(*key, *href); }},
             **event);
}

void PendingCommands::add(PendingCommand command) {
  deadlines_.emplace(command.valid_until, command.device, command.correlation);
  auto& commands = devices_[command.device];
  commands.push_back(std::move(command));
}

void PendingCommands::dispatch(const device::DeviceKey& key, const resource::CommandDispatched& event) {
  const auto device = devices_.find(key);
  if (device == devices_.end()) return;
  const auto command = position_of(device->second, event.correlation);
  if (command != device->second.end()) command->dispatched_to = event.epoch;
}

void PendingCommands::remove(const device::DeviceKey& key, const es::CorrelationId& correlation) {
  const auto device = devices_.find(key);
  if (device == devices_.end()) return;
  const auto command = position_of(device->second, correlation);
  if (command == device->second.end()) return;
  deadlines_.erase({command->valid_until, key, correlation});
  device->second.erase(command);
  if (device->second.empty()) devices_.erase(device);
}

// A baseline is taken only where nothing waits; how the commands before it ended was trimmed with them.
void PendingCommands::remove_all(const device::DeviceKey& key, const Href& href) {
  const auto device = devices_.find(key);
  if (device == devices_.end()) return;
  std::erase_if(device->second, [&](const PendingCommand& command) {
    if (command.href != href) return false;
    deadlines_.erase({command.valid_until, key, command.correlation});
    return true;
  });
  if (device->second.empty()) devices_.erase(device);
}

std::vector<PendingCommand> PendingCommands::of(const device::DeviceKey& key) const {
  const auto device = devices_.find(key);
  return device == devices_.end() ? std::vector<PendingCommand>() : device->second;
}

const PendingCommand* PendingCommands::find(const device::DeviceKey& key,
                                            const es::CorrelationId& correlation) const {
  const auto device = devices_.find(key);
  if (device == devices_.end()) return nullptr;
  const auto command = position_of(device->second, correlation);
  return command == device->second.end() ? nullptr : &*command;
}

std::size_t PendingCommands::count(const device::DeviceKey& key) const {
  const auto device = devices_.find(key);
  return device == devices_.end() ? 0 : device->second.size();
}

std::vector<PendingCommand> PendingCommands::expired(Time now) const {
  std::vector<PendingCommand> commands;
  for (const auto& [valid_until, key, correlation] : deadlines_) {
    if (valid_until > now) break;
    commands.push_back(*find(key, correlation));
  }
  return commands;
}

std::vector<PendingCommand> PendingCommands::which(
    const std::function<bool(const PendingCommand&)>& predicate) const {
  std::vector<PendingCommand> commands;
  for (const auto& [key, of_device] : devices_)
    std::copy_if(of_device.begin(), of_device.end(), std::back_inserter(commands), predicate);
  return commands;
}

}  // namespace ocf::pending

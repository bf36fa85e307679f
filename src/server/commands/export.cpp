#include "account/holder.hpp"
#include "http/event_json.hpp"
#include "ocf/device_id.hpp"
#include "resource/resource.hpp"
#include "server/commands/hub_options.hpp"
#include "server/commands/output.hpp"
#include "server/history/log_source.hpp"
#include "server/tenant.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

namespace ocf::server {
namespace {

struct Options {
  std::string data = "./ocf-cloud-data";
  std::string from, device, href;
};

class Filter {
 public:
  explicit Filter(const Options& options) : href_(options.href) {
    if (options.device.empty()) return;
    const auto device = DeviceId::parse(options.device);
    if (!device) {
      throw CommandFailure(Exit::usage,
                           fmt::format("'{}' is not a device id: that is a UUID.", options.device));
    }
    device_ = device->text();
  }

  bool is_of_one_device() const { return !device_.empty(); }
  // The one that has everything that passes; nullopt: any may have.
  std::optional<es::Partition> partition_in(const LogSource& log) const {
    if (device_.empty()) return std::nullopt;
    return es::partition_of(es::StreamId(default_tenant(), device_, 0, account::stream_name),
                            log.partitions());
  }

  bool passes(const es::StreamId& stream) const {
    if (!is_of_device(stream) || (!device_.empty() && stream.entity() != device_)) return false;
    if (href_.empty()) return true;
    const auto href = resource::href_of(stream);
    return href && href->text() == href_;
  }

 private:
  std::string device_, href_;  // empty: any
};

void tell(const Gap& gap) {
  const std::string end = gap.next == 0 ? "on" : fmt::format("to {}", gap.next - 1);
  fmt::print(stderr, "Passed over: partition {} from offset {} {}: {}\n", gap.partition, gap.first, end,
             gap.why);
}

Exit export_events(const Options& options) {
  const Filter filter(options);
  const std::unique_ptr<LogSource> log = open_log(options.data);
  const cloud::Cursor from = options.from.empty() ? beginning(*log) : cursor_in(*log, options.from);
  cloud::Cursor next = from;
  std::string line;
  std::uint64_t printed = 0, trimmed = 0;  // events, and the baselines among them
  Time whole_after{};
  std::size_t gaps = 0;
  const Visit write = [&](const es::RecordedEvent& recorded) {
    next.next[recorded.position.partition] = recorded.position.offset + 1;
    if (!filter.passes(recorded.stream)) return;
    ++printed;
    if (es::is_baseline(recorded.event)) {
      ++trimmed;
      whole_after = std::max(whole_after, recorded.event.time);
    }
    line.clear();
    http::JsonWriter json(line);
    http::write_whole_event(json, recorded);
    line += '\n';
    if (std::fwrite(line.data(), 1, line.size(), stdout) != line.size())
      throw CommandFailure(Exit::failed, "Standard output takes no more.");
  };
  for_each_readable(*log, from, filter.partition_in(*log), write, [&gaps](const Gap& gap) {
    ++gaps;
    tell(gap);
  });
  flush_output();
  if (printed == 0 && gaps == 0 && filter.is_of_one_device() && options.from.empty())
    throw CommandFailure(Exit::not_found, "The log knows no such device or resource.");
  if (trimmed > 0) {
    fmt::print(stderr,
               "{} resources begin with a baseline: of them only what came after {} is whole, older events "
               "were trimmed (limits.retention_time, limits.retention_bytes_max).\n",
               trimmed, to_rfc3339(whole_after));
  }
  fmt::print(stderr, "The next export goes on with --from {}\n", next.text());
  if (gaps == 0) return Exit::ok;
  throw CommandFailure(Exit::failed, "Not everything could be read; see `ocf-cloud store verify`.");
}

}  // namespace

void add_export(CLI::App& app, Run& run) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "export",
      "Prints the events of the log as lines of JSON, those of a device in their order. Standard error says\n"
      "where the next export goes on. The hub may run or be stopped.");
  command->add_option("--data", options->data, "The hub's directory.")->capture_default_str();
  command->add_option("--from", options->from, "A cursor: only what is behind it.");
  CLI::Option* device = command->add_option("--device", options->device, "Of one device only.");
  command->add_option("--href", options->href, "Of one of its resources only.")->needs(device);
  command->callback([options, &run] { run = [options] { return export_events(*options); }; });
}

}  // namespace ocf::server

#include "server/history/fold.hpp"

#include "cloud/read_models.hpp"
#include "pki/digest.hpp"
#include "store_rocksdb/rocks_event_store.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <exception>
#include <stdexcept>

namespace ocf::server {
namespace {

constexpr std::size_t page = 1000;

std::int64_t number(Time time) { return time.time_since_epoch().count(); }

class Text {
 public:
  void line(const std::string& text) {
    digest_.add(as_bytes(text));
    digest_.add(as_bytes("\n"));
  }
  std::string hex() { return digest_.hex(); }

 private:
  pki::Sha256 digest_;
};

void write(Text& text, const directory::Directory& directory) {
  for (const directory::Directory::Claimed* device : directory.all()) {
    const directory::DeviceEntry& entry = device->entry;
    text.line(fmt::format("device {} {} {} {} {} {} {} {} {} {}", entry.key.fence_key(), entry.owner.text(),
                          entry.name, device->registered, device->released, entry.online, entry.epoch,
                          number(entry.since), entry.in_sync, number(entry.registered)));
    for (const auto& [href, link] : entry.links)
      text.line(fmt::format("link {} {}", href.text(), link.instance));
    for (const auto& [href, end] : entry.ends) text.line(fmt::format("ends {} {}", href.text(), number(end)));
  }
}

void write(Text& text, const shadow::Shadow& shadow) {
  for (const auto& [key, resources] : shadow.all()) {
    for (const auto& [href, known] : resources) {
      text.line(fmt::format("resource {}{} {} {} {} {} {} {} {}", key.fence_key(), href.text(),
                            known.content.format, to_hex(view_of(known.content.bytes)), to_hex(known.etag),
                            known.version, number(known.time), known.epoch, known.sequence));
    }
  }
}

void write(Text& text, const pending::PendingCommands& pending) {
  for (const auto& [key, commands] : pending.all()) {
    for (const pending::PendingCommand& command : commands) {
      text.line(fmt::format("pending {}{} {} {} {}", key.fence_key(), command.href.text(),
                            command.correlation.text(), number(command.valid_until), command.dispatched_to));
    }
  }
}

std::string digest_of(const cloud::ReadModels& models) {
  Text text;
  write(text, models.directory);
  write(text, models.shadow);
  write(text, models.pending);
  return text.hex();
}

// The three outlive it.
es::awaitable<Error> read_all(es::EventStore& store, cloud::ReadModels& models, Fold& fold) {
  pki::Sha256 log;
  for (es::Partition partition = 0; partition < store.partitions(); ++partition) {
    for (;;) {
      const auto slice = co_await store.read_partition(partition, models.next(partition), page);
      if (!slice) co_return slice.error();
      if (slice->events->empty()) break;
      for (const es::RecordedEvent& recorded : *slice->events) log.add(es::encode_record(recorded));
      fold.events += slice->events->size();
      models.apply_log(partition, *slice);
    }
  }
  fold.log = log.hex();
  co_return Error();
}

}  // namespace

Fold fold_of(const std::filesystem::path& path) {
  store_rocksdb::Options options;
  options.path = path;
  store_rocksdb::RocksEventStore store(options);
  cloud::ReadModels models(store.partitions());
  Fold fold;
  boost::asio::io_context loop;
  Error failed;
  boost::asio::co_spawn(loop, read_all(store, models, fold),
                        [&failed](const std::exception_ptr& thrown, Error error) {
                          if (thrown) std::rethrow_exception(thrown);
                          failed = error;
                        });
  loop.run();
  store.close();
  if (failed)
    throw std::runtime_error(
        fmt::format("the events in {} cannot be read: {}", path.string(), failed.message()));
  fold.cursor = models.cursor().text();
  fold.read_models = digest_of(models);
  return fold;
}

}  // namespace ocf::server

#include "store_rocksdb/rocks_event_store.hpp"
#include "tests/contract/event_store_contract.hpp"

namespace ocf::es::contract {
namespace {

std::unique_ptr<EventStore> open(const std::filesystem::path& path, Partition partitions) {
  store_rocksdb::Options options;
  options.path = path;
  options.partitions = partitions;
  return std::make_unique<store_rocksdb::RocksEventStore>(options);
}

INSTANTIATE_TEST_SUITE_P(Rocks, EventStoreContract, ::testing::Values(Plug{Durability::reopens, open}));

}  // namespace
}  // namespace ocf::es::contract

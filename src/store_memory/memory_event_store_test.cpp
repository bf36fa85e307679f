#include "store_memory/memory_event_store.hpp"

#include "tests/contract/event_store_contract.hpp"

namespace ocf::es::contract {
namespace {

std::unique_ptr<EventStore> open(const std::filesystem::path&, Partition partitions) {
  return std::make_unique<store_memory::MemoryEventStore>(partitions);
}

INSTANTIATE_TEST_SUITE_P(Memory, EventStoreContract, ::testing::Values(Plug{Durability::none, open}));

}  // namespace
}  // namespace ocf::es::contract

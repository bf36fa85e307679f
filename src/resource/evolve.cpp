#include "base/overload.hpp"
#include "resource/resource.hpp"

namespace ocf::resource {
namespace {

void end(Resource::State& state, const CorrelationId& correlation) {
  std::erase_if(state.waiting,
                [&](const Resource::Waiting& waiting) { return waiting.correlation == correlation; });
  state.ended.push_back(correlation);
  if (state.ended.size() > ended_kept_max) state.ended.pop_front();
}

}  // namespace

Resource::State Resource::evolve(State state, const Event& event) {
  std::visit(overload{[&](const CommandPending& e) {
                        state.waiting.push_back({e.operation, e.correlation, e.query, e.valid_until, 0});
                      },
                      [&](const CommandDispatched& e) {
                        for (Waiting& waiting : state.waiting) {
                          if (waiting.correlation == e.correlation) waiting.dispatched_to = e.epoch;
                        }
                      },
                      [&](const CommandAnswered& e) { end(state, e.correlation); },
                      [&](const CommandEnded& e) { end(state, e.correlation); },
                      [&](const ResourceRepresentationUpdated& e) {
                        const bool late =
                            e.epoch < state.epoch || (e.epoch == state.epoch && e.sequence < state.sequence);
                        if (late) return;
                        state.representation = e;
                        state.epoch = e.epoch;
                        state.sequence = e.sequence;
                      },
                      [](const NotificationRejected&) {},
                      [&](const BaselineTaken& e) {
                        state = {};
                        state.representation = e.representation;
                        if (!e.representation) return;
                        state.epoch = e.representation->epoch;
                        state.sequence = e.representation->sequence;
                      }},
             event);
  return state;
}

}  // namespace ocf::resource

#include "auth_builtin/code.hpp"

#include "base/overload.hpp"
#include "es/fields.hpp"

namespace ocf::auth_builtin {
namespace {

using cbor::Reader;
using Events = std::vector<Code::Event>;

// Stored: never rename.
constexpr std::string_view issued_name = "CodeIssued";
constexpr std::string_view exchanged_name = "CodeExchanged";

const char* sentence(int value) {
  switch (static_cast<CodeError>(value)) {
    case CodeError::unknown: return "no such code was issued";
    case CodeError::expired: return "the code has expired";
    case CodeError::replayed: return "the code was used before";
  }
  return "unknown";
}

constexpr SentenceCategory category{"one-time code", sentence};

Result<Events> issue(const Code::State& state, const IssueCode& command) {
  if (state.issued) return Events{};
  return Events{CodeIssued{command.owner, command.expires}};
}

Result<Events> exchange(const Code::State& state, const ExchangeCode& command) {
  if (!state.issued) return CodeError::unknown;
  if (state.exchanged) {
    const bool is_repeat =
        state.exchanged->device == command.device && command.now < state.exchanged->retry_until;
    if (!is_repeat) return CodeError::replayed;
    return Events{};
  }
  if (command.now >= state.issued->expires) return CodeError::expired;
  return Events{CodeExchanged{command.device, command.family, command.retry_until}};
}

Result<std::optional<Code::Event>> decode_issued(ByteView data) {
  CodeIssued event;
  const auto done = es::read_event(data, [&](Reader& reader, std::uint64_t key) {
    switch (key) {
      case 1: event.owner = account::Owner(reader.text()); return true;
      case 2: event.expires = es::read_time(reader); return true;
      default: return false;
    }
  });
  if (!done) return done.error();
  return std::optional<Code::Event>(std::move(event));
}

Result<std::optional<Code::Event>> decode_exchanged(ByteView data) {
  CodeExchanged event;
  const auto done = es::read_event(data, [&](Reader& reader, std::uint64_t key) {
    switch (key) {
      case 1: {
        const auto device = DeviceId::parse(reader.text());
        if (!device) reader.fail(device.error());
        if (device) event.device = *device;
        return true;
      }
      case 2: event.family = reader.text(); return true;
      case 3: event.retry_until = es::read_time(reader); return true;
      default: return false;
    }
  });
  if (!done) return done.error();
  if (event.device == DeviceId()) return es::StoreError::malformed_event;
  return std::optional<Code::Event>(std::move(event));
}

}  // namespace

Error make_error_code(CodeError error) { return {static_cast<int>(error), category}; }

Result<Events> Code::decide(const State& state, const Command& command) {
  return std::visit(overload{[&](const IssueCode& c) { return issue(state, c); },
                             [&](const ExchangeCode& c) { return exchange(state, c); }},
                    command);
}

Code::State Code::evolve(State state, const Event& event) {
  std::visit(overload{[&](const CodeIssued& e) { state.issued = e; },
                      [&](const CodeExchanged& e) { state.exchanged = e; }},
             event);
  return state;
}

es::EncodedEvent Code::encode(const Event& event) {
  Bytes data;
  es::FieldWriter fields(data);
  const auto name = std::visit(overload{[&](const CodeIssued& e) {
                                          fields.text(1, e.owner.text());
                                          fields.time(2, e.expires);
                                          return issued_name;
                                        },
                                        [&](const CodeExchanged& e) {
                                          fields.text(1, e.device.text());
                                          fields.text(2, e.family);
                                          fields.time(3, e.retry_until);
                                          return exchanged_name;
                                        }},
                               event);
  return {std::string(name), std::move(data)};
}

Result<std::optional<Code::Event>> Code::decode(const es::RecordedEvent& recorded) {
  if (recorded.event.type == issued_name) return decode_issued(recorded.event.data);
  if (recorded.event.type == exchanged_name) return decode_exchanged(recorded.event.data);
  return std::optional<Event>();
}

es::StreamId Code::stream(const CodeText& code) {
  return es::StreamId(code.tenant, "code:" + to_base64url(code.digest), 0, "code");
}

}  // namespace ocf::auth_builtin

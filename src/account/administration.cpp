#include "account/administration.hpp"

#include "es/fields.hpp"

#include <algorithm>
#include <utility>

namespace ocf::account {
namespace {

// Stored: never rename.
constexpr std::pair<Act, std::string_view> names[] = {
    {Act::token_issued, "TokenIssued"},
    {Act::code_issued, "CodeIssued"},
    {Act::certificate_issued, "CertificateIssued"},
    {Act::authority_trusted, "AuthorityTrusted"},
    {Act::certificates_revoked, "CertificatesRevoked"},
    {Act::configuration_reloaded, "ConfigurationReloaded"},
    {Act::drain_begun, "DrainBegun"},
};

}  // namespace

Result<std::vector<Administration::Event>> Administration::decide(const State&, const Command& command) {
  return std::vector<Event>{std::get<AdministrativeAct>(command)};
}

Administration::State Administration::evolve(State state, const Event&) {
  ++state.acts;
  return state;
}

es::EncodedEvent Administration::encode(const Event& event) {
  const auto& act = std::get<AdministrativeAct>(event);
  Bytes data;
  es::FieldWriter(data).text(1, act.about);
  const auto name = std::find_if(std::begin(names), std::end(names),
                                 [&act](const auto& known) { return known.first == act.act; });
  return {std::string(name->second), std::move(data)};
}

Result<std::optional<Administration::Event>> Administration::decode(const es::RecordedEvent& recorded) {
  const auto name = std::find_if(std::begin(names), std::end(names), [&recorded](const auto& known) {
    return known.second == recorded.event.type;
  });
  if (name == std::end(names)) return std::optional<Event>();
  AdministrativeAct act;
  act.act = name->first;
  const auto read = es::read_event(recorded.event.data, [&](cbor::Reader& reader, std::uint64_t key) {
    if (key != 1) return false;
    act.about = reader.text();
    return true;
  });
  if (!read) return read.error();
  return std::optional<Event>(std::move(act));
}

es::StreamId Administration::stream(const Tenant& tenant) { return {tenant, "administration", 0, "acts"}; }

}  // namespace ocf::account

// Any line as a request at the hub's local socket: it is answered with an object, whatever it asks, and
// whatever is issued is for whom it asked. Each line meets a hub of its own.
#include "base/assert.hpp"
#include "server/admin/admin_requests.hpp"
#include "server/admin/admin_socket.hpp"
#include "server/scratch_directory.hpp"
#include "server/tenant.hpp"
#include "store_memory/memory_event_store.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <exception>
#include <optional>

namespace ocf::server {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

const Time now{std::chrono::seconds(1'700'000'000)};

class FuzzedHub {
 public:
  json::object answer(json::object request) {
    asio::io_context context;
    std::optional<json::object> given;
    asio::co_spawn(context, requests_.answer(std::move(request)),
                   [&given](const std::exception_ptr& thrown, json::object answer) {
                     OCF_ASSERT(!thrown, "an answer is given, never thrown");
                     given = std::move(answer);
                   });
    context.run();
    OCF_ASSERT(given.has_value(), "every request is answered");
    return std::move(*given);
  }

  // What was kept of what it did.
  std::size_t acts() const { return acts_; }

  // Whom a token of this hub is for; empty: it is none of its own.
  account::Owner owner_of(const std::string& token) const {
    const auth_builtin::Settings settings;
    const auto verified = auth_builtin::verify_access_token(token, {settings.issuer, settings.audience},
                                                            authorization_.key(), now);
    return verified ? verified->owner : account::Owner();
  }

 private:
  // Made once: its keys are costly.
  static Certificates& certificates() {
    static const ScratchDirectory directory;
    std::filesystem::create_directories(directory.path() / "trusted");
    static Certificates made(directory.path(), "00000000-0000-4000-8000-000000000001", {}, now);
    return made;
  }

  net::awaitable<void> keep() {
    ++acts_;
    co_return;
  }
  static net::awaitable<Result<std::vector<es::RecordedEvent>>> no_acts() {
    co_return std::vector<es::RecordedEvent>();
  }

  static HubAddresses addresses() {
    HubAddresses found;
    found.cis = "coaps+tcp://localhost:5684";
    return found;
  }

  std::size_t acts_ = 0;
  const Limits limits_{};
  const AuthorizationConfig config_{};
  store_memory::MemoryEventStore store_{1};
  auth_builtin::BuiltinAuthorization authorization_{store_, {}, auth_builtin::SigningKey::generate()};
  const cloud::Refusals refusals_{limits_};
  const cloud::ReadModels models_{1};
  AdminRequests requests_{{authorization_, certificates(), refusals_, config_, "sid", addresses,
                           [] { return Result<std::size_t>(0); }, [] { return Reloaded(); },
                           [](unsigned) { return std::size_t{0}; }, [] { return json::object(); },
                           [this](const std::string&, const account::AdministrativeAct&) { return keep(); },
                           [](const cloud::AuditFilter&) { return no_acts(); },
                           [](std::string_view text) { return cloud::Point::parse(text, 1); },
                           [] { return now; }, LogRequests(store_, models_)}};
};

void check_refusal(const json::object& answer) {
  OCF_ASSERT(answer.at("error").is_string() && !answer.at("error").get_string().empty(),
             "a refusal is a sentence");
  const json::string& exit = answer.at("exit").as_string();
  OCF_ASSERT(exit == "failed" || exit == "usage" || exit == "not_found", "a refusal says how it ends");
}

void check_issued(const FuzzedHub& hub, const json::object& request, const json::object& answer) {
  const bool is_issued =
      answer.contains("token") || answer.contains("code") || answer.contains("certificate");
  const json::value* purpose = request.if_contains("for");
  const bool only_reads = answer.contains("token") && purpose != nullptr && purpose->is_string() &&
                          purpose->get_string() == "reading";
  OCF_ASSERT(!is_issued || hub.acts() == std::size_t{only_reads ? 0U : 1U}, "what is issued is kept in mind");
  if (const json::value* token = answer.if_contains("token")) {
    OCF_ASSERT(
        hub.owner_of(std::string(token->as_string())).text() == std::string(request.at("owner").as_string()),
        "a token is for whom it was asked");
  }
  if (const json::value* certificate = answer.if_contains("certificate")) {
    const auto name = pki::read_common_name(std::string(certificate->as_string()));
    const auto device = DeviceId::parse(std::string(request.at("di").as_string()));
    OCF_ASSERT(name && device && name->find(device->text()) != std::string::npos,
               "a certificate is for the device that was named");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  boost::system::error_code malformed;
  const boost::json::value request = boost::json::parse(as_text({data, size}), malformed);
  if (malformed || !request.is_object()) return 0;
  FuzzedHub hub;
  const boost::json::object answer = hub.answer(request.get_object());
  OCF_ASSERT(boost::json::serialize(answer).find('\n') == std::string::npos, "an answer is one line");
  if (answer.contains("error")) {
    OCF_ASSERT(hub.acts() == 0, "what was refused was not done");
    check_refusal(answer);
  } else {
    check_issued(hub, request.get_object(), answer);
  }
  return 0;
}

}  // namespace ocf::server

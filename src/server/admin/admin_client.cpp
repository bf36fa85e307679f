#include "server/admin/admin_client.hpp"

#include "server/data_directory.hpp"
#include "server/exit.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <string>

namespace ocf::server {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

using Protocol = asio::local::stream_protocol;

// A line of a dump holds everything of a device.
constexpr std::size_t answer_bytes_max = 256 * 1024 * 1024;

void connect(Protocol::socket& socket, const std::filesystem::path& data) {
  boost::system::error_code error;
  try {
    socket.connect(Protocol::endpoint(admin_socket_path(data).string()), error);
  } catch (const boost::system::system_error& e) {  // the path is too long for a socket: no hub can run there
    error = e.code();
  }
  if (error == boost::system::errc::permission_denied) {
    throw CommandFailure(Exit::failed, fmt::format("The hub in {} belongs to another user.", data.string()));
  }
  if (error) {
    throw CommandFailure(
        Exit::no_hub,
        fmt::format("No hub runs in {0}; `ocf-cloud serve --data {0}` starts one.", data.string()));
  }
}

std::string exchange(Protocol::socket& socket, const json::object& request) {
  boost::system::error_code error;
  asio::write(socket, asio::buffer(json::serialize(request) + "\n"), error);
  std::string line;
  if (!error) asio::read_until(socket, asio::dynamic_buffer(line, answer_bytes_max), '\n', error);
  if (error)
    throw CommandFailure(Exit::failed,
                         "The hub closed its socket without an answer: " + error.message() + ".");
  return line;
}

Exit exit_of(const json::object& refusal) {
  const json::value* exit = refusal.if_contains("exit");
  if (!exit || !exit->is_string()) return Exit::failed;
  if (exit->get_string() == "usage") return Exit::usage;
  return exit->get_string() == "not_found" ? Exit::not_found : Exit::failed;
}

}  // namespace

json::object ask_hub(const std::filesystem::path& data, const json::object& request) {
  asio::io_context context;
  Protocol::socket socket(context);
  connect(socket, data);
  const std::string line = exchange(socket, request);

  boost::system::error_code malformed;
  json::value answer = json::parse(line, malformed);
  if (malformed || !answer.is_object())
    throw CommandFailure(Exit::failed, "The hub's answer is not a JSON object.");
  json::object& object = answer.get_object();
  if (const json::value* error = object.if_contains("error")) {
    throw CommandFailure(exit_of(object),
                         error->is_string() ? std::string(error->get_string()) : json::serialize(*error));
  }
  return std::move(object);
}

}  // namespace ocf::server

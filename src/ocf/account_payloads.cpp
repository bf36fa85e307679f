#include "ocf/payload_reader.hpp"
#include "ocf/payloads.hpp"

#include <optional>

namespace ocf {
namespace {

using cbor::Reader;
using cbor::Writer;

std::size_t present(const std::string& text) { return text.empty() ? 0 : 1; }

void write_present(Writer& writer, std::string_view key, const std::string& text) {
  if (!text.empty()) writer.text(key).text(text);
}

// The payload as one map, read to its end.
template <class Read>
Error read_payload(Reader& reader, Read read) {
  read_properties(reader, read);
  return finish(reader);
}

}  // namespace

std::optional<DeviceId> device_in(ByteView payload, const Limits& limits) {
  std::optional<DeviceId> found;
  Reader reader(payload, bounds_of(limits));
  read_properties(reader, [&](std::string_view key) {
    if (key != "di") return false;
    const DeviceId device = read_device_id(reader);
    if (!reader.error()) found = device;
    return true;
  });
  return found;
}

Bytes SignUpRequest::encode() const {
  Bytes out;
  Writer writer(out);
  writer.map(2 + present(provider) + present(device_type) + present(uid));
  writer.text("di").text(device.text());
  write_present(writer, "authprovider", provider);
  writer.text("accesstoken").text(code);
  write_present(writer, "devicetype", device_type);
  write_present(writer, "uid", uid);
  return out;
}

Result<SignUpRequest> SignUpRequest::decode(ByteView payload, const Limits& limits) {
  SignUpRequest request;
  std::optional<DeviceId> di;
  std::string authcode;
  Reader reader(payload, bounds_of(limits));
  const Error error = read_payload(reader, [&](std::string_view key) {
    if (key == "di")
      di = read_device_id(reader);
    else if (key == "accesstoken")
      request.code = reader.text();
    else if (key == "authcode")
      authcode = reader.text();
    else if (key == "authprovider")
      request.provider = reader.text();
    else if (key == "devicetype")
      request.device_type = reader.text();
    else if (key == "uid")
      request.uid = reader.text();
    else
      return false;
    return true;
  });
  if (error) return error;
  if (request.code.empty()) request.code = std::move(authcode);
  if (!di || request.code.empty()) return OcfError::missing_property;
  request.device = *di;
  return request;
}

Bytes SignUpAnswer::encode() const {
  Bytes out;
  Writer writer(out);
  writer.map(4 + present(redirect_uri));
  writer.text("accesstoken").text(access_token);
  writer.text("refreshtoken").text(refresh_token);
  writer.text("uid").text(uid);
  writer.text("expiresin").integer(expires_in);
  write_present(writer, "redirecturi", redirect_uri);
  return out;
}

Result<SignUpAnswer> SignUpAnswer::decode(ByteView payload, const Limits& limits) {
  SignUpAnswer answer;
  std::optional<std::int64_t> expires_in;
  Reader reader(payload, bounds_of(limits));
  const Error error = read_payload(reader, [&](std::string_view key) {
    if (key == "accesstoken")
      answer.access_token = reader.text();
    else if (key == "refreshtoken")
      answer.refresh_token = reader.text();
    else if (key == "uid")
      answer.uid = reader.text();
    else if (key == "expiresin")
      expires_in = reader.integer();
    else if (key == "redirecturi")
      answer.redirect_uri = reader.text();
    else
      return false;
    return true;
  });
  if (error) return error;
  if (!expires_in || any_empty({answer.access_token, answer.refresh_token, answer.uid})) {
    return OcfError::missing_property;
  }
  answer.expires_in = *expires_in;
  return answer;
}

Bytes SignInRequest::encode() const {
  Bytes out;
  Writer writer(out);
  writer.map(4);
  writer.text("uid").text(uid);
  writer.text("di").text(device.text());
  writer.text("accesstoken").text(access_token);
  writer.text("login").boolean(login);
  return out;
}

Result<SignInRequest> SignInRequest::decode(ByteView payload, const Limits& limits) {
  SignInRequest request;
  std::optional<DeviceId> di;
  std::optional<bool> login;
  Reader reader(payload, bounds_of(limits));
  const Error error = read_payload(reader, [&](std::string_view key) {
    if (key == "uid")
      request.uid = reader.text();
    else if (key == "di")
      di = read_device_id(reader);
    else if (key == "accesstoken")
      request.access_token = reader.text();
    else if (key == "login")
      login = reader.boolean();
    else
      return false;
    return true;
  });
  if (error) return error;
  if (!di || !login || any_empty({request.uid, request.access_token})) return OcfError::missing_property;
  request.device = *di;
  request.login = *login;
  return request;
}

Bytes SignInAnswer::encode() const {
  Bytes out;
  Writer(out).map(1).text("expiresin").integer(expires_in);
  return out;
}

Result<SignInAnswer> SignInAnswer::decode(ByteView payload, const Limits& limits) {
  std::optional<std::int64_t> expires_in;
  Reader reader(payload, bounds_of(limits));
  const Error error = read_payload(reader, [&](std::string_view key) {
    if (key != "expiresin") return false;
    expires_in = reader.integer();
    return true;
  });
  if (error) return error;
  if (!expires_in) return OcfError::missing_property;
  return SignInAnswer{*expires_in};
}

Bytes RefreshRequest::encode() const {
  Bytes out;
  Writer writer(out);
  writer.map(3 + present(grant_type) + present(provider));
  writer.text("uid").text(uid);
  writer.text("di").text(device.text());
  writer.text("refreshtoken").text(refresh_token);
  write_present(writer, "authprovider", provider);
  write_present(writer, "granttype", grant_type);
  return out;
}

Result<RefreshRequest> RefreshRequest::decode(ByteView payload, const Limits& limits) {
  RefreshRequest request;
  std::optional<DeviceId> di;
  Reader reader(payload, bounds_of(limits));
  const Error error = read_payload(reader, [&](std::string_view key) {
    if (key == "uid")
      request.uid = reader.text();
    else if (key == "di")
      di = read_device_id(reader);
    else if (key == "refreshtoken")
      request.refresh_token = reader.text();
    else if (key == "granttype")
      request.grant_type = reader.text();
    else if (key == "authprovider")
      request.provider = reader.text();
    else
      return false;
    return true;
  });
  if (error) return error;
  if (!di || any_empty({request.uid, request.refresh_token})) return OcfError::missing_property;
  request.device = *di;
  return request;
}

Bytes RefreshAnswer::encode() const {
  Bytes out;
  Writer writer(out);
  writer.map(3);
  writer.text("accesstoken").text(access_token);
  writer.text("refreshtoken").text(refresh_token);
  writer.text("expiresin").integer(expires_in);
  return out;
}

Result<RefreshAnswer> RefreshAnswer::decode(ByteView payload, const Limits& limits) {
  RefreshAnswer answer;
  std::optional<std::int64_t> expires_in;
  Reader reader(payload, bounds_of(limits));
  const Error error = read_payload(reader, [&](std::string_view key) {
    if (key == "accesstoken")
      answer.access_token = reader.text();
    else if (key == "refreshtoken")
      answer.refresh_token = reader.text();
    else if (key == "expiresin")
      expires_in = reader.integer();
    else
      return false;
    return true;
  });
  if (error) return error;
  if (!expires_in || any_empty({answer.access_token, answer.refresh_token}))
    return OcfError::missing_property;
  answer.expires_in = *expires_in;
  return answer;
}

}  // namespace ocf

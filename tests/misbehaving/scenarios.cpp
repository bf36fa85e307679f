#include "scenarios.hpp"

#include "cbor/cbor.hpp"
#include "coap/block.hpp"
#include "coap/signaling.hpp"

#include <thread>

namespace ocf::misbehaving {

using coap::Code;
using coap::Message;
using coap::OptionNumber;

namespace {

void pause(int milliseconds) { std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds)); }

Bytes operator+(Bytes front, ByteView back) {
  front.insert(front.end(), back.begin(), back.end());
  return front;
}

// A GET without token whose options, marker and payload are these bytes.
Bytes framed(ByteView body) {
  const std::size_t more = body.size() - 269;
  Bytes head{0xe0, static_cast<std::uint8_t>(more >> 8), static_cast<std::uint8_t>(more), 0x01};
  return head + body;
}

void let_go(Attack& attack) { attack.kept.clear(); }

void all_are_closed_by_the_hub(Attack& attack) {
  for (Peer& peer : attack.kept)
    attack.expect(peer.is_closed_by_hub(), "the hub keeps a connection that says nothing more");
  attack.kept.clear();
}

const Bytes part_of_client_hello{0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03};

// -- Half-open: nothing is said, half a ClientHello is, or a signed-in device hears nothing any more

void half_open(Attack& attack) {
  if (attack.kept.empty()) {
    for (std::size_t account = 0; account < attack.accounts(); ++account)
      attack.kept.push_back(attack.signed_in(account));
  }
  for (int i = 0; i < 20; ++i) {
    pause(5);  // they come one after another
    attack.kept.emplace_back(attack.hub().tcp_port());
    attack.kept.emplace_back(attack.hub().tls_port());
    attack.kept.emplace_back(attack.hub().tls_port());
    attack.kept.back().say(part_of_client_hello);
  }
}

// -- Split at every byte

void split_at_every_byte(Attack& attack) {
  const Bytes message = coap::encode_frame(request(Code::get, "/oic/res", 7));
  Peer stranger(attack.hub().tcp_port());
  for (std::size_t cut = 1; cut < message.size(); ++cut) {
    stranger.say(ByteView(message).first(cut));
    stranger.say(ByteView(message).subspan(cut));
    attack.expect(stranger.next_code() == Code::unauthorized, "a message in two parts is not answered");
  }
  Peer client = attack.signed_in(0);
  const Message large = request(Code::post, "/oic/rd", 8, Bytes(attack.scaled(5'000)));
  for (const std::uint8_t byte : coap::encode_frame(large)) client.say(Bytes{byte});
  attack.expect(client.next_code() == Code::bad_request, "a message in single bytes is not answered");
}

// -- A byte now and then: the message is never whole

void a_byte_now_and_then(Attack& attack) {
  if (attack.kept.empty()) {
    for (std::size_t account = 0; account < attack.accounts(); ++account)
      attack.kept.push_back(attack.signed_in(account));
    for (int i = 0; i < 50; ++i) attack.kept.emplace_back(attack.hub().tcp_port());
    for (Peer& peer : attack.kept) peer.say(Bytes{0xe8, 0x10, 0x00, 0x02});
  }
  for (Peer& peer : attack.kept) peer.say(Bytes{0x00});
  pause(100);
}

// -- A crowd that never finishes what it begins. Each says a byte a second; who was closed comes again.

constexpr std::size_t crowd = 1'000;
constexpr std::chrono::microseconds byte_interval{1'000'000};  // of one connection

void gather(Attack& attack, std::uint16_t port, const Bytes& beginning) {
  while (attack.kept.size() < attack.scaled(crowd)) {
    attack.kept.emplace_back(port);
    attack.kept.back().say(beginning);
  }
}

void say_a_byte(Peer& peer, std::uint16_t port, const Bytes& beginning) {
  if (peer.drain() && peer.say(Bytes{0x00})) return;
  peer = Peer(port);
  peer.say(beginning);
}

// Slow peers do not wait for each other: their bytes come at any time.
void keep_a_crowd(Attack& attack, std::uint16_t port, const Bytes& beginning) {
  gather(attack, port, beginning);
  auto due = std::chrono::steady_clock::now();
  for (Peer& peer : attack.kept) {
    due += byte_interval / attack.kept.size();
    std::this_thread::sleep_until(due);
    say_a_byte(peer, port, beginning);
  }
}

void crowd_of_handshakes(Attack& attack) {
  keep_a_crowd(attack, attack.hub().tls_port(), part_of_client_hello);
}

void crowd_of_frames(Attack& attack) {
  keep_a_crowd(attack, attack.hub().tcp_port(), Bytes{0xe8, 0x10, 0x00, 0x02});
}

// All at once.
void crowd_in_step(Attack& attack) {
  gather(attack, attack.hub().tls_port(), part_of_client_hello);
  for (Peer& peer : attack.kept) say_a_byte(peer, attack.hub().tls_port(), part_of_client_hello);
  std::this_thread::sleep_for(byte_interval);
}

// A handshake that nothing was said of.
void crowd_of_silent(Attack& attack) {
  gather(attack, attack.hub().tls_port(), {});
  for (Peer& peer : attack.kept) {
    if (!peer.drain()) peer = Peer(attack.hub().tls_port());
  }
  pause(100);
}

// -- Bombs of options and of CBOR

void bombs(Attack& attack) {
  Bytes wraps;
  for (int i = 0; i < 100; ++i) wraps = std::move(wraps) + Bytes{0xe0, 0xff, 0xff};
  const Bytes frames[] = {
      framed(Bytes(4000, 0x00)),                                 // options without number and value
      framed(Bytes{0xbe, 0x0f, 0x00} + Bytes(4109, 'a')),        // one long option
      framed(wraps),                                             // numbers above 65,535
      framed(Bytes(300, 0xf1)),                                  // the reserved nibble
      Bytes{0xf8, 0xff, 0xff, 0xff, 0xff, 0x02} + Bytes(64, 0),  // 4 GiB are announced
      Bytes{0x0f, 0x01} + Bytes(64, 0),                          // an extended token
  };
  for (const Bytes& frame : frames) {
    Peer stranger(attack.hub().tcp_port());
    stranger.say(frame);
    attack.expect(stranger.is_closed_by_hub(), "a malformed frame does not end its connection");
  }
  const Bytes payloads[] = {Bytes(100'000, 0x81),
                            Bytes(100'000, 0xc1),
                            Bytes(100'000, 0x9f),
                            Bytes{0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
                            Bytes{0x7b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
                            Bytes{0x9a, 0x00, 0x01, 0x00, 0x00} + Bytes(65'536, 0x00)};
  Peer device = attack.signed_in(0);
  for (const Bytes& payload : payloads) {
    const auto answer = device.ask(request(Code::post, "/oic/rd", 9, payload));
    attack.expect(answer && answer->code == Code::bad_request, "a publication of broken CBOR is not bad");
  }
  pause(10);
}

// -- 100,000 observations on one connection

void observations(Attack& attack) {
  constexpr std::size_t at_once = 50;
  Peer client = attack.signed_in(0);
  std::size_t begun = 0;
  const std::size_t wanted = attack.scaled(100'000);
  for (std::size_t asked = 0; asked < wanted; asked += at_once) {
    Bytes requests;
    for (std::size_t i = 0; i < at_once; ++i) {
      Message observe = request(Code::get, attack.light(), 1'000'000 + asked + i);
      observe.add_uint(OptionNumber::observe, 0);
      requests = std::move(requests) + coap::encode_frame(observe);
    }
    client.say(requests);
    for (std::size_t i = 0; i < at_once; ++i) {
      const auto answer = client.next();
      if (!answer) return attack.expect(false, "an observation is not answered");
      if (answer->find(OptionNumber::observe) != nullptr) ++begun;
    }
  }
  attack.expect(begun == 1000, "there are more or fewer observations than allowed");
}

// -- Blocks out of order, and bodies that are never finished

Message part_of(const std::string& path, std::uint32_t number, std::uint64_t token) {
  Message message = request(Code::post, path, token, Bytes(1024, 0x61));
  message.add(OptionNumber::block1, coap::encode_block(coap::Block{number, true, 6}));
  return message;
}

void blocks_out_of_order(Attack& attack) {
  const auto code_of = [](Peer& peer, const Message& message) {
    const auto answer = peer.ask(message);
    return answer ? answer->code : Code::empty;
  };
  const std::size_t account = attack.kept.size() % attack.accounts();
  Peer client = attack.signed_in(account, 4096);
  for (std::uint64_t turn = 0; turn < 20; ++turn) {
    const std::string path = attack.light() + "?turn=" + std::to_string(turn);
    attack.expect(code_of(client, part_of(path, 0, 1)) == Code::continue_, "a first part is not taken");
    attack.expect(code_of(client, part_of(path, 2, 2)) == Code::request_entity_incomplete,
                  "a gap is not told");
    attack.expect(code_of(client, part_of(path, 1, 3)) == Code::request_entity_incomplete,
                  "parts are kept behind a gap");
  }
  for (const char* path : {"/a", "/b"}) {
    for (std::uint32_t number = 0; number < 100; ++number)
      attack.expect(code_of(client, part_of(path, number, 4)) == Code::continue_, "a part is not taken");
  }
  attack.expect(code_of(client, part_of("/c", 0, 5)) == Code::service_unavailable, "a third body is taken");
  attack.kept.push_back(std::move(client));
  if (attack.kept.size() > 20) attack.kept.clear();
}

// -- One device on many connections

void duplicate_connections(Attack& attack) {
  Peer before = attack.signed_in(0);
  for (int i = 0; i < 10; ++i) {
    Peer now = attack.signed_in(0);
    attack.expect(before.is_closed_by_hub(), "two connections speak for one device");
    Peer again = attack.signed_in(0);
    attack.expect(now.is_closed_by_hub(), "two connections speak for one device");
    attack.kept.push_back(std::move(again));
    before = attack.signed_in(0);
  }
  pause(20);
}

// -- One token for everything, and answers that nobody asked for

void token_reuse(Attack& attack) {
  constexpr int at_once = 50;
  Peer client = attack.signed_in(0);
  Bytes requests;
  for (int i = 0; i < at_once; ++i) {
    Message message = request(Code::get, attack.light(), 1);
    if (i % 3 != 0) message.add_uint(OptionNumber::observe, i % 3 == 1 ? 0 : 1);
    requests = std::move(requests) + coap::encode_frame(message);
  }
  client.say(requests);
  for (int i = 0; i < at_once; ++i)
    attack.expect(client.next_code() == Code::content, "a request with a used token is not answered");
  Bytes answers;
  for (std::uint64_t token = 0; token < 500; ++token) {
    Message answer = request(Code::content, "", token << 32 | token);
    answer.add_uint(OptionNumber::observe, token);
    answers = std::move(answers) + coap::encode_frame(answer);
  }
  client.say(answers);
  client.say(coap::ping(coap::Token::of(2)));
  attack.expect(client.next_code() == Code::pong, "answers that nobody asked for disturb the connection");
}

// -- A device that goes on notifying what is not observed any more

Message notification(const coap::Token& token, std::uint64_t sequence) {
  Bytes value;
  cbor::Writer(value).map(1).text("n").uint(sequence);
  Message message = request(Code::content, "", 0, std::move(value));
  message.token = token;
  message.add_uint(OptionNumber::observe, sequence);
  return message;
}

void notifications_after_cancellation(Attack& attack) {
  Peer device = attack.signed_in(1);
  Bytes links;
  cbor::Writer writer(links);
  writer.map(3).text("di").text(device.device()).text("ttl").uint(0).text("links").array(1).map(4);
  writer.text("href").text("/x").text("rt").array(1).text("x").text("if").array(1).text("oic.if.r");
  writer.text("p").map(1).text("bm").uint(3);
  const auto published = device.ask(request(Code::post, "/oic/rd", 1, std::move(links)));
  attack.expect(published && published->code == Code::changed, "a publication is refused");
  auto asked = device.next();
  while (asked && asked->path() != "/x") {
    if (asked->path() == "/oic/res") {  // it does not offer the batch
      Message no_batch = request(Code::not_found, "", 0);
      no_batch.token = asked->token;
      device.say(no_batch);
    }
    asked = device.next();
  }
  if (!asked) return attack.expect(false, "the hub does not observe what was published");
  device.say(notification(asked->token, 0));
  Message unpublish = request(Code::del, "/oic/rd", 2);
  unpublish.add(OptionNumber::uri_query, "di=" + device.device());
  const auto unpublished = device.ask(unpublish);
  attack.expect(unpublished && unpublished->code == Code::deleted, "what was published cannot be withdrawn");
  for (std::uint64_t sequence = 1; sequence < attack.scaled(5000); ++sequence)
    device.say(notification(asked->token, sequence));
  const auto pong = device.ask(request(Code::get, attack.light(), 3));
  attack.expect(pong && pong->code == Code::content,
                "notifications after the cancellation disturb the connection");
}

}  // namespace

Peer Attack::signed_in(std::size_t account, std::size_t block_wise_bytes) {
  Peer peer(hub_.tcp_port());
  peer.be(accounts_[account]);
  if (block_wise_bytes != 0) peer.announce(block_wise_bytes);
  expect(peer.sign_in(), "an account cannot sign in");
  return peer;
}

const std::vector<Scenario>& scenarios() {
  static const std::vector<Scenario> all = {
      {"half-open connections", half_open, all_are_closed_by_the_hub},
      {"frames split at every byte", split_at_every_byte, let_go},
      {"a byte now and then", a_byte_now_and_then, all_are_closed_by_the_hub},
      {"1,000 silent handshakes", crowd_of_silent, all_are_closed_by_the_hub, crowd},
      {"1,000 handshakes byte by byte", crowd_of_handshakes, all_are_closed_by_the_hub, crowd},
      {"1,000 handshakes in step", crowd_in_step, all_are_closed_by_the_hub, crowd},
      {"1,000 messages byte by byte", crowd_of_frames, all_are_closed_by_the_hub, crowd},
      {"option and CBOR bombs", bombs, let_go},
      {"100,000 observations", observations, let_go},
      {"blocks out of order", blocks_out_of_order, let_go},
      {"duplicate connections", duplicate_connections, let_go},
      {"token reuse", token_reuse, let_go},
      {"notifications after cancellation", notifications_after_cancellation, let_go},
  };
  return all;
}

}  // namespace ocf::misbehaving

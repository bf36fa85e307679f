#include "server/observability/metrics.hpp"

#include "server/config/config.hpp"
#include "server/config/config_keys.hpp"
#include "server/process.hpp"

#include <string>
#include <string_view>

namespace ocf::server {
namespace {

using telemetry::Snapshot;

double number(std::size_t count) { return static_cast<double>(count); }

// -- The gateway

constexpr std::array<std::string_view, 8> code_classes{"request",      "", "success",  "", "client_error",
                                                       "server_error", "", "signaling"};

void add_messages(telemetry::Family& family, const std::array<telemetry::Counter, 8>& counters) {
  for (std::size_t i = 0; i < counters.size(); ++i) {
    if (!code_classes[i].empty()) family.add(counters[i], {{"class", code_classes[i]}});
  }
}

void add_connections(Snapshot& s, const gateway::Metrics& counted, const gateway::Levels& now) {
  s.gauge("ocf_connections", "CoAP connections that are open, by state.")
      .add(number(now.handshaking), {{"state", "handshake"}})
      .add(number(now.unsigned_in), {{"state", "not_signed_in"}})
      .add(number(now.signed_in), {{"state", "signed_in"}})
      .add(number(now.closing), {{"state", "closing"}});
  s.counter("ocf_connections_accepted_total", "CoAP connections that were accepted, by transport.")
      .add(counted.accepted.rows(), "transport");
  s.counter("ocf_tls_handshakes_total", "TLS handshakes that ended, by version, or failed.")
      .add(counted.handshakes.rows(), "result");
  s.histogram("ocf_tls_handshake_duration_seconds",
              "From the accept to the end of a TLS handshake that succeeded.")
      .add(counted.handshake_seconds);
}

void add_requests(Snapshot& s, const gateway::Metrics& counted, const gateway::Levels& now) {
  add_messages(s.counter("ocf_coap_messages_received_total", "CoAP messages of peers, by class of code."),
               counted.messages_in);
  add_messages(s.counter("ocf_coap_messages_sent_total", "CoAP messages to peers, by class of code."),
               counted.messages_out);
  s.counter("ocf_coap_received_bytes_total", "Bytes of CoAP that arrived, without TLS.")
      .add(counted.bytes_in);
  s.counter("ocf_coap_sent_bytes_total", "Bytes of CoAP that were sent, without TLS.").add(counted.bytes_out);
  s.counter("ocf_coap_requests_total", "CoAP requests that the hub served, by endpoint and answer.")
      .add(counted.requests.rows(), "endpoint", "code");
  s.histogram("ocf_coap_request_duration_seconds", "From a CoAP request's turn to its answer.")
      .add(counted.request_seconds);
  s.gauge("ocf_coap_requests_in_flight", "CoAP requests without an answer, by direction.")
      .add(number(now.requests_in), {{"direction", "to_hub"}})
      .add(number(now.requests_out), {{"direction", "to_device"}});
  s.gauge("ocf_observations", "Observations of CoAP clients.").add(number(now.observations));
  s.gauge("ocf_intake_entries", "What devices said that waits to be stored.").add(number(now.said_entries));
  s.gauge("ocf_write_queue_bytes", "What waits for peers that read slowly.").add(number(now.write_bytes));
}

// -- The cloud

void add_cloud(Snapshot& s, const cloud::Metrics& counted, const cloud::Levels& now,
               const gateway::Metrics& gateway) {
  s.gauge("ocf_devices", "Devices that are registered.").add(number(now.devices));
  s.gauge("ocf_devices_online", "Devices with a session.").add(number(now.devices_online));
  s.counter("ocf_commands_total", "Commands to devices that ended, by operation and outcome.")
      .add(counted.commands.rows(), "operation", "outcome");
  auto& seconds =
      s.histogram("ocf_command_duration_seconds", "From a command's request to its outcome, by operation.");
  for (const auto operation : {resource::Operation::create, resource::Operation::retrieve,
                               resource::Operation::update, resource::Operation::remove}) {
    seconds.add(counted.command_seconds[static_cast<std::size_t>(operation)],
                {{"operation", cloud::name_of(operation)}});
  }
  s.gauge("ocf_commands_pending", "Commands that wait for their device's answer, or for their device.")
      .add(number(now.commands_pending));
  s.gauge("ocf_command_callers", "Callers that wait for their command to end.")
      .add(number(now.callers_waiting));
  s.counter("ocf_shadow_answers_total", "Retrievals that were answered without asking the device.")
      .add(counted.shadow_answers);
  s.counter("ocf_notifications_total", "What devices said of their resources, by what became of it.")
      .add(counted.notifications.rows(), "outcome")
      .add(gateway.coalesced, {{"outcome", "coalesced"}});
  s.counter("ocf_refusals_total", "What was refused or cut off, by how far the peer came and by cause.")
      .add(counted.refusals.rows(), "stage", "cause");
  s.counter("ocf_authorization_checks_total", "Tokens that the authorization server was asked about.")
      .add(counted.authorization_checks.rows(), "outcome");
  s.gauge("ocf_watches", "Observations of resources and of the directory within the hub.")
      .add(number(now.watches), {{"kind", "resource"}})
      .add(number(now.directory_watches), {{"kind", "directory"}});
  s.gauge("ocf_feeds", "Streams of events that are open.").add(number(now.feeds));
}

void add_read_models(Snapshot& s, const cloud::Metrics& counted, const cloud::Levels& now,
                     const store_rocksdb::Metrics& store) {
  const auto folded = static_cast<std::int64_t>(now.events_folded);
  s.gauge("ocf_read_model_position", "Offsets that the read models have reached, all partitions together.")
      .add(static_cast<double>(folded));
  s.gauge("ocf_read_model_lag_events", "Events that are stored and not in the read models yet.")
      .add(static_cast<double>(std::max<std::int64_t>(0, store.last_offsets.value() - folded)));
  s.counter("ocf_read_model_gaps_total", "Times that the read models had to be caught up from the log.")
      .add(counted.read_model_gaps);
  s.counter("ocf_retention_events_total", "Events of resources that gave way to baselines.")
      .add(counted.trimmed_events);
  s.counter("ocf_retention_bytes_total", "Their bytes: data and names, uncompressed.")
      .add(counted.trimmed_bytes);
  s.gauge("ocf_retention_horizon_seconds",
          "The moment, in seconds since 1970, before which events of resources went in the last sweep that "
          "trimmed any; 0: none yet.")
      .add(static_cast<double>(counted.retained_since.value()));
}

// -- The store

void add_store(Snapshot& s, const store_rocksdb::RocksEventStore& store) {
  const store_rocksdb::Metrics& counted = store.metrics();
  s.counter("ocf_store_appends_total", "Appends by outcome.")
      .add(counted.stored, {{"outcome", "stored"}})
      .add(counted.conflicts, {{"outcome", "conflict"}})
      .add(counted.fenced, {{"outcome", "fenced"}})
      .add(counted.failed, {{"outcome", "failed"}})
      .add(counted.refused, {{"outcome", "queue_full"}});
  s.counter("ocf_store_events_total", "Events that were stored.").add(counted.appended);
  s.histogram("ocf_store_append_duration_seconds", "From an append to its answer.")
      .add(counted.append_seconds);
  s.histogram("ocf_store_sync_duration_seconds", "One synced write, of all that was queued.")
      .add(counted.sync_seconds);
  s.histogram("ocf_store_batch_events", "Events that one sync made durable.").add(counted.batch_events);
  s.gauge("ocf_store_queue_bytes", "Appends that wait for the disk.")
      .add(static_cast<double>(counted.queued_bytes.value()));
  s.gauge("ocf_store_position", "The last offsets of the log, all partitions together.")
      .add(static_cast<double>(counted.last_offsets.value()));
  s.gauge("ocf_store_writable", "1; 0 from a write that failed until one succeeds.")
      .add(static_cast<double>(counted.writable.value()));
  auto& properties = s.gauge("ocf_rocksdb_property", "RocksDB's own numbers, all column families together.");
  for (const auto& [name, value] : store.properties())
    properties.add(static_cast<double>(value), {{"property", name}});
}

// -- Limits

// Every limit has a row from the beginning, so that the first hit is a step.
void add_limits(Snapshot& s, const cloud::Metrics& cloud, const http::Server* http) {
  auto& hits = s.counter("ocf_limit_hits_total", "How often each limit of the configuration was hit.");
  Config config;
  for (const ConfigSection& section : config_keys(config)) {
    if (section.name != "limits") continue;
    for (const ConfigKey& key : section.keys) {
      std::uint64_t count = cloud.limit_hits.count(key.name);
      if (http != nullptr) count += http->limit_hits().count(key.name);
      hits.add(static_cast<double>(count), {{"limit", key.name}});
    }
  }
}

// -- HTTP

void add_http(Snapshot& s, const http::Metrics& counted, const http::Server* http) {
  s.counter("ocf_http_requests_total", "Requests to the HTTP API, by route and status.")
      .add(counted.requests.rows(), "route", "status");
  s.histogram("ocf_http_request_duration_seconds",
              "From an HTTP request to its answer; of a stream of events, to its beginning.")
      .add(counted.request_seconds);
  s.gauge("ocf_http_connections", "Connections to the HTTP API.")
      .add(http != nullptr ? number(http->connections()) : 0);
}

// -- The process

void add_process(Snapshot& s, net::Shard& shard, const Pulse& pulse, const MemoryWatch& memory) {
  s.histogram("ocf_loop_delay_seconds", "How late a timer of the shard is, four times a second.")
      .add(pulse.delays());
  s.gauge("ocf_timers", "Deadlines of connections that are set.").add(number(shard.timers().scheduled()));
  s.gauge("ocf_memory_budget_bytes", "How much memory may be in use: above it nobody is accepted.")
      .add(static_cast<double>(memory.budget_bytes()));
  s.gauge("ocf_build_info", "1, with the version that runs and its compiler.")
      .add(1, {{"version", OCF_CLOUD_VERSION}, {"compiler", __VERSION__}});
  const ProcessLevels now = process_levels();
  s.counter("process_cpu_seconds_total", "Processor time, user and system.").add(now.cpu_seconds);
  s.gauge("process_start_time_seconds", "When the process started, in seconds since 1970.")
      .add(now.start_seconds);
  s.gauge("process_resident_memory_bytes", "Memory in use.").add(number(now.resident_bytes));
  s.gauge("process_virtual_memory_bytes", "Address space in use.").add(number(now.virtual_bytes));
  s.gauge("process_open_fds", "File descriptors that are open.").add(number(now.open_descriptors));
  s.gauge("process_max_fds", "File descriptors that may be open.").add(number(now.descriptors_max));
  s.gauge("process_threads", "Threads.").add(number(now.threads));
}

}  // namespace

Snapshot collect(const Counted& counted, const http::Server* http) {
  Snapshot snapshot;
  const gateway::Levels gateway = counted.gateway.levels();
  const cloud::Levels cloud = counted.cloud.levels();
  const cloud::Metrics& cloud_metrics = counted.cloud.metrics();
  add_connections(snapshot, counted.gateway.metrics(), gateway);
  add_requests(snapshot, counted.gateway.metrics(), gateway);
  add_cloud(snapshot, cloud_metrics, cloud, counted.gateway.metrics());
  add_read_models(snapshot, cloud_metrics, cloud, counted.store.metrics());
  add_store(snapshot, counted.store);
  add_limits(snapshot, cloud_metrics, http);
  add_http(snapshot, counted.api.metrics(), http);
  add_process(snapshot, counted.shard, counted.pulse, counted.memory);
  return snapshot;
}

}  // namespace ocf::server

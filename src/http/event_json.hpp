// Stored events as JSON: what history and the event feed show.
#pragma once

#include "es/event.hpp"
#include "http/json_writer.hpp"

namespace ocf::http {

// {"position":{"partition","offset"},"version","time","type","device","href"?,"principal","correlationId"?,"data":{…}}.
// Content within `data` is JSON, or {"format","hex"} where it has no JSON form. Data that this release cannot
// read is {"hex"}: the event's bytes.
void write_event(JsonWriter& json, const es::RecordedEvent& recorded);
// The same, and all else that is stored with it:
// "stream","id","owner"?,"causation"?,"spoken"?:{"epoch","sequence"}. `spoken`: in which session of the
// device, and which message in it.
void write_whole_event(JsonWriter& json, const es::RecordedEvent& recorded);

}  // namespace ocf::http

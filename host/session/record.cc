// SPDX-License-Identifier: Apache-2.0
// The stored form of a session.
#include "session/record.hpp"

#include "base/json.hpp"

namespace waxwing::session {

std::string Record::to_json() const {
  Json json = {{"name", name},         {"engine", engine},   {"storage", storage},
               {"proxy", proxy},       {"running", running}, {"storageVersion", storage_version},
               {"created", created_ms}};
  // The config is stored as the object it is, so that a person can read the row.
  auto config = json::parse(config_json);
  json["config"] = config.has_value() ? std::move(*config) : Json::object();
  if (!outbox_json.empty()) {
    json["outbox"] = json::parse(outbox_json).value_or(Json());
  }
  if (worker.has_value()) {
    json["worker"] = *worker;
  }
  if (me.has_value()) {
    json["me"] = {{"id", me->id}, {"pushName", me->push_name}, {"lid", me->lid}, {"jid", me->jid}};
  }
  return json::dump(json);
}

Result<Record> Record::from_json(std::string_view text) {
  WAX_TRY(const Json json, json::parse(text));
  Record record;
  record.name = json::string_or(json, "name", "");
  record.engine = json::string_or(json, "engine", "");
  record.storage = json::string_or(json, "storage", "");
  record.proxy = json::string_or(json, "proxy", "");
  if (record.name.empty() || record.engine.empty()) {
    return Status(Code::Invalid, "a stored session without name or engine");
  }
  const Json* config = json::find(json, "config");
  record.config_json = config != nullptr ? json::dump(*config) : "{}";
  record.running = json::bool_or(json, "running", false);
  if (const Json* worker = json::find(json, "worker"); worker != nullptr && worker->is_string()) {
    record.worker = worker->get<std::string>();
  }
  if (const Json* me = json::find(json, "me")) {
    record.me =
        plugin_host::Me{json::string_or(*me, "id", ""), json::string_or(*me, "pushName", ""),
                        json::string_or(*me, "lid", ""), json::string_or(*me, "jid", "")};
  }
  if (const Json* n = json::find(json, "storageVersion"); n != nullptr && n->is_number_integer()) {
    record.storage_version = n->get<std::uint32_t>();
  }
  if (const Json* n = json::find(json, "created"); n != nullptr && n->is_number_integer()) {
    record.created_ms = n->get<std::int64_t>();
  }
  if (const Json* outbox = json::find(json, "outbox")) {
    record.outbox_json = json::dump(*outbox);
  }
  return record;
}

}  // namespace waxwing::session

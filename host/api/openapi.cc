// SPDX-License-Identifier: Apache-2.0
// Writing the OpenAPI document.
#include "api/openapi.hpp"

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <string>
#include <utility>

#include "api/examples.hpp"
#include "api/operation_schemas.hpp"
#include "api/route.hpp"
#include "base/build_info.hpp"
#include "base/json.hpp"
#include "config/config.hpp"
#include "plugin/registry.hpp"

namespace waxwing::api {
namespace {

constexpr std::string_view kComponents = "#/components/schemas/";

Json reference(std::string_view component) {
  return {{"$ref", std::string(kComponents) + std::string(component)}};
}

Json json_content(Json schema) {
  return {{"application/json", {{"schema", std::move(schema)}}}};
}

// References to files of types become references to components.
void point_to_components(Json& node) {
  if (node.is_object()) {
    for (auto& [key, value] : node.items()) {
      if (key == "$ref" && value.is_string()) {
        const auto& file = value.get_ref<const std::string&>();
        const auto slash = file.rfind('/');
        const std::string name = slash == std::string::npos ? file : file.substr(slash + 1);
        if (name.ends_with(".json")) {
          value = std::string(kComponents) + name.substr(0, name.size() - 5);
        }
      } else {
        point_to_components(value);
      }
    }
  } else if (node.is_array()) {
    for (Json& value : node) {
      point_to_components(value);
    }
  }
}

// A schema with definitions of its own, moved to where it stands in the document.
void move_references(Json& node, const std::string& to) {
  constexpr std::string_view kLocal = "#/definitions/";
  if (node.is_object()) {
    for (auto& [key, value] : node.items()) {
      if (key == "$ref" && value.is_string() &&
          value.get_ref<const std::string&>().starts_with(kLocal)) {
        value = to + value.get<std::string>().substr(1);
      } else {
        move_references(value, to);
      }
    }
  } else if (node.is_array()) {
    for (Json& value : node) {
      move_references(value, to);
    }
  }
}

// What an operation of the engine takes or answers; null where its file says nothing. What the path
// says is not asked for again.
Json operation_schema(const Row& row, const char* part) {
  const Json& document = operation_document(row.operation);
  if (!document.is_object() || !document.contains(part) || document.at(part).is_null()) {
    return nullptr;
  }
  Json schema = document.at(part);
  point_to_components(schema);
  if (std::string_view(part) != "request" || !schema.is_object()) {
    return schema;
  }
  Json& fields = schema["properties"];
  Json required = Json::array();
  for (const Json& name : schema.value("required", Json::array())) {
    if (row.pattern.find("{" + name.get<std::string>() + "}") == std::string_view::npos) {
      required.push_back(name);
    } else {
      fields.erase(name.get<std::string>());
    }
  }
  if (!row.session_in_path()) {
    fields["session"] = {{"type", "string"}, {"default", "default"}};
    required.push_back("session");
  }
  schema.erase("required");
  if (!required.empty()) {
    schema["required"] = std::move(required);
  }
  return schema;
}

Json parameters(const Row& row) {
  Json out = Json::array();
  std::string_view rest = row.pattern;
  for (auto open = rest.find('{'); open != std::string_view::npos; open = rest.find('{')) {
    const auto close = rest.find('}', open);
    const std::string_view name = rest.substr(open + 1, close - open - 1);
    Json schema = {{"type", "string"}};
    if (name == "session") {
      schema["default"] = "default";
    }
    out.push_back(
        {{"name", name}, {"in", "path"}, {"required", true}, {"schema", std::move(schema)}});
    rest.remove_prefix(close + 1);
  }
  for (const Query& query : row.query) {
    Json schema = {{"type", "string"}};
    if (!query.choices.empty()) {
      schema["enum"] = query.choices;
    }
    out.push_back({{"name", query.name},
                   {"in", "query"},
                   {"required", query.required},
                   {"description", query.description},
                   {"schema", std::move(schema)}});
  }
  const bool asks_by_schema = row.method == "GET" && row.query.empty() && !row.operation.empty();
  const Json schema = asks_by_schema ? operation_schema(row, "request") : Json();
  if (schema.is_object()) {
    const Json required = schema.value("required", Json::array());
    const Json fields = schema.value("properties", Json::object());
    for (const auto& [name, field] : fields.items()) {
      const bool needed = std::find(required.begin(), required.end(), name) != required.end();
      out.push_back({{"name", name}, {"in", "query"}, {"required", needed}, {"schema", field}});
    }
  }
  for (Json& parameter : out) {
    const Json& example = parameter_example(parameter["name"].get_ref<const std::string&>());
    if (parameter["required"] == true && !example.is_null()) {
      parameter["example"] = example;
    }
  }
  return out;
}

Json success(const Row& row) {
  Json out = {{"description", row.summary}};
  Json schema = row.response_schema.empty() ? Json() : reference(row.response_schema);
  if (schema.is_null() && !row.operation.empty() && !row.picture) {
    schema = operation_schema(row, "response");
  }
  if (!schema.is_null()) {
    out["content"] = json_content(std::move(schema));
  }
  if (row.stream) {
    out["content"] = {{"text/event-stream", {{"schema", {{"type", "string"}}}}}};
  }
  if (row.picture) {
    out["content"] = json_content({{"oneOf", {reference("Base64File"), reference("QRCodeValue")}}});
    out["content"]["image/png"] = {{"schema", {{"type", "string"}, {"format", "binary"}}}};
  }
  return out;
}

Json failures(const Row& row) {
  Json out = Json::object();
  const auto add = [&](const char* status, const char* text, std::string_view component) {
    out[status] = {{"description", text}, {"content", json_content(reference(component))}};
  };
  if (row.access == Access::Public) {
    return out;
  }
  if (row.access == Access::Socket) {
    add("400", "The opening handshake is malformed", "Error");
    add("426", "No WebSocket is asked for, or another version of it than 13", "Error");
    return out;
  }
  add("401", "The API key is missing or wrong", "Error");
  add("403", "The API key may not do this", "Error");
  if (row.session_in_path() || !row.operation.empty()) {
    add("404", "There is no such session, or it is not running", "Error");
  } else if (row.pattern.find("{engine}") != std::string_view::npos) {
    add("404", "There is no such engine", "Error");
    add("422", "The engine has no such thing", "Error");
  }
  if (!row.request_schema.empty() || !row.query.empty() || !row.operation.empty()) {
    add("400", "A field is wrong; `message` names it", "ValidationError");
  }
  if (!row.operation.empty() || row.picture) {
    add("422", "The session is in another state, or its engine cannot do this", "StateError");
    add("504", "The engine did not answer in time", "Error");
  }
  if (row.method != "GET") {
    if (!out.contains("422")) {
      add("422", "What is asked for does not fit the session as it is", "Error");
    }
    add("503", "The server is busy or cannot store anything; try again", "Error");
  }
  return out;
}

// Which of the loaded engines can do it, for people and for programs.
void mark_engines(const Context& context, const Row& row, Json& out) {
  if (row.operation.empty()) {
    return;
  }
  Json engines = Json::array();
  std::string names;
  for (const auto& engine : context.plugins.engines()) {
    if (engine.info->find_op(row.operation) != nullptr) {
      names += (names.empty() ? "" : ", ") + engine.info->id;
      engines.push_back(engine.info->id);
    }
  }
  out["description"] =
      "Engines of this server that can do it: " + (names.empty() ? "none" : names) +
      ".\n\nOperation: `" + std::string(row.operation) + "`";
  out["x-engines"] = std::move(engines);
}

Json operation(const Context& context, const Row& row) {
  Json responses = failures(row);
  responses[std::to_string(row.success)] = success(row);
  Json out = {{"summary", row.summary},
              {"tags", Json::array({row.tag})},
              {"parameters", parameters(row)},
              {"responses", std::move(responses)}};
  mark_engines(context, row, out);
  std::string id(row.method);
  for (const char c : row.pattern) {
    id += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  }
  out["operationId"] = std::move(id);
  Json body = row.request_schema.empty() ? Json() : reference(row.request_schema);
  if (body.is_null() && !row.operation.empty() && row.method != "GET") {
    body = operation_schema(row, "request");
  }
  if (!body.is_null()) {
    Json content = json_content(std::move(body));
    if (Json examples = request_examples(row); !examples.empty()) {
      content["application/json"]["examples"] = std::move(examples);
    }
    out["requestBody"] = {{"required", true}, {"content", std::move(content)}};
  }
  if (row.deprecated) {
    out["deprecated"] = true;
  }
  if (row.access != Access::Public) {
    out["security"] = Json::array({{{"api_key", Json::array()}}});
  }
  return out;
}

}  // namespace

Json openapi_document(const Context& context) {
  Json paths = Json::object();
  Json tags = Json::array();
  for (const Row& row : all_rows(context.config)) {
    if (row.tag.empty() || row.alias) {
      continue;
    }
    std::string method(row.method);
    std::transform(method.begin(), method.end(), method.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    paths[std::string(row.pattern)][method] = operation(context, row);
    const Json tag = {{"name", row.tag}};
    if (std::find(tags.begin(), tags.end(), tag) == tags.end()) {
      tags.push_back(tag);
    }
  }
  Json components = json::parse(component_text()).value();
  for (const SchemaFile& file : type_files()) {
    Json type = json::parse(file.text).value();
    point_to_components(type);
    components[std::string(file.name)] = std::move(type);
  }
  Json session_config = context.session_config.document();
  move_references(session_config, std::string(kComponents) + "SessionConfig");
  components["SessionConfig"] = std::move(session_config);

  const config::Swagger& page = context.config.swagger;
  Json document = {
      {"openapi", "3.1.0"},
      {"info", {{"title", page.title}, {"version", kVersion}, {"description", page.description}}},
      {"tags", std::move(tags)},
      {"paths", std::move(paths)},
      {"components",
       {{"schemas", std::move(components)},
        {"securitySchemes",
         {{"api_key", {{"type", "apiKey"}, {"in", "header"}, {"name", "X-Api-Key"}}}}}}}};
  if (!page.external_doc_url.empty()) {
    document["externalDocs"] = {{"url", page.external_doc_url}};
  }
  return document;
}

}  // namespace waxwing::api

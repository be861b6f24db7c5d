// SPDX-License-Identifier: Apache-2.0
// The config of a session: its schema, shared by the API and YAML, and the rule for names.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.hpp"
#include "base/json_schema.hpp"
#include "base/result.hpp"

namespace waxwing::config {

// Empty = the name is good: 1 to 54 of [a-zA-Z0-9_-]. The caller generates a name for an empty one.
[[nodiscard]] std::vector<Violation> check_session_name(std::string_view name,
                                                        std::string_view path = "name");

// Every event that a webhook may ask for, "*" first.
[[nodiscard]] const std::vector<std::string>& event_names();

// The JSON Schema of an engine's section with the operator's `values` as its defaults, so that a
// session that does not say otherwise gets them.
[[nodiscard]] Json with_defaults(Json schema, const Json& values);

// The schema with the sections of the engines that are loaded. Immutable, [any-thread].
class SessionConfigSchema final {
 public:
  // By section name ("noweb"): the JSON Schema of the engine that owns it. A section given here
  // replaces the one that this build knows. Its members with "x-server": true are unknown to the
  // config of sessions, and the engine gets their defaults. Code::Invalid when a schema is none
  // (its section is named), or when a name is that of a common field.
  [[nodiscard]] static Result<SessionConfigSchema> make(
      const std::map<std::string, Json>& sections);

  // Brings `config` into its stored form: unknown members dropped (unless strict), defaults of
  // present objects filled in. Empty = it is valid; otherwise `config` is left in an unspecified
  // state. Paths begin with `path`.
  [[nodiscard]] std::vector<Violation> check(Json& config, bool strict,
                                             std::string_view path = "config") const;

  // The same for an engine's section in the server's own configuration, where members that its
  // schema marks with "x-server" may stand, too. Unknown members are violations.
  [[nodiscard]] std::vector<Violation> check_section(std::string_view name, Json section,
                                                     std::string_view path) const;

  // What the engine that owns the section is given: the session's part of it (null = none) with the
  // schema's defaults. An unknown section comes back as it is.
  [[nodiscard]] Json section(std::string_view name, Json given) const;

  // The whole schema as one document, sections inlined, for the API's description. References
  // inside a section's schema are rewritten to stay valid.
  [[nodiscard]] Json document() const;

 private:
  struct Section {
    JsonSchema of_sessions;  // without what only the server may set
    JsonSchema whole;
  };
  SessionConfigSchema(JsonSchema common, std::map<std::string, Section> sections);

  JsonSchema common_;  // with every section of sections_ as a mere object
  std::map<std::string, Section> sections_;
};

}  // namespace waxwing::config

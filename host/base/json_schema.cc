// SPDX-License-Identifier: Apache-2.0
// JSON Schema over Valijson. Valijson gives the verdict and the failing places; the texts are made
// here from the schema's node at each place.
#include "base/json_schema.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <exception>
#include <string>
#include <utility>
// Without it Valijson aborts the process instead of throwing.
#define VALIJSON_USE_EXCEPTIONS 1
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "base/json.hpp"
#include "base/json_schema_walk.hpp"
#include "base/text_format.hpp"

namespace waxwing {

using schema_walk::Nodes;

namespace {

using Adapter = valijson::adapters::NlohmannJsonAdapter;

// Above this a document that is not valid is not explained: each violation costs a kilobyte.
constexpr std::size_t kMaxExplainedNodes = 20'000;

// Which keyword an error of Valijson's speaks of, by the beginning of its text.
struct Kind {
  std::string_view beginning;
  const char* keyword;
};
constexpr std::array kKinds = {
    Kind{"Value type not permitted", "type"},
    Kind{"Failed to match against any enum", "enum"},
    Kind{"Failed to match expected value", "const"},
    Kind{"Expected number less than or equal", "maximum"},
    Kind{"Expected number less than", "exclusiveMaximum"},
    Kind{"Expected number greater than or equal", "minimum"},
    Kind{"Expected number greater than", "exclusiveMinimum"},
    Kind{"Value should be a multiple", "multipleOf"},
    Kind{"Array should contain no more", "maxItems"},
    Kind{"Array should contain no fewer", "minItems"},
    Kind{"Array contains more items", "items"},
    Kind{"String should be no more", "maxLength"},
    Kind{"String should be no fewer", "minLength"},
    Kind{"Object should have no more", "maxProperties"},
    Kind{"Object should have no fewer", "minProperties"},
    Kind{"Failed to match regex", "pattern"},
    Kind{"Elements at indexes", "uniqueItems"},
    Kind{"Failed to validate against any schemas allowed by anyOf", "anyOf"},
    Kind{"Failed to validate against any child schemas allowed by oneOf", "oneOf"},
    Kind{"Failed to validate against exactly one", "oneOf"},
    Kind{"Target should not validate", "not"},
    Kind{"Failed to any values", "contains"},
};

// The name at the end of "Missing required property 'x'.", where `before` stands in front of it.
std::string last_name(const std::string& text, std::string_view before) {
  const std::size_t start = text.rfind(before);
  const std::size_t end = text.rfind('\'');
  const std::size_t first = start + before.size();
  return start == std::string::npos || end <= first ? std::string()
                                                    : text.substr(first, end - first);
}

std::size_t count_nodes(const Json& value) {
  std::size_t count = 1;
  if (value.is_structured()) {
    for (const Json& child : value) {
      count += count_nodes(child);
    }
  }
  return count;
}

bool has_long_text(const Json& value, std::size_t limit) {
  if (value.is_string()) {
    return value.get_ref<const std::string&>().size() > limit;
  }
  if (!value.is_structured()) {
    return false;
  }
  if (value.is_object()) {
    for (const auto& [key, child] : value.items()) {
      if (key.size() > limit) {
        return true;
      }
    }
  }
  return std::any_of(value.begin(), value.end(),
                     [&](const Json& child) { return has_long_text(child, limit); });
}

}  // namespace

struct JsonSchema::Impl {
  Json document;
  Json stripped;  // what `compiled` was made from
  valijson::Schema compiled;
  bool has_pattern = false;
};

namespace {

// Collects violations, one per path, until there are too many.
class Report {
 public:
  explicit Report(std::string_view prefix) : prefix_(prefix) {}

  void add(const std::string& path, std::string rule, bool unknown = false) {
    if (full() || std::any_of(list_.begin(), list_.end(),
                              [&](const Violation& v) { return v.path == with_prefix(path); })) {
      return;
    }
    list_.push_back({with_prefix(path), std::move(rule), unknown});
  }
  [[nodiscard]] bool full() const { return list_.size() >= JsonSchema::kMaxViolations; }
  [[nodiscard]] bool empty() const { return list_.empty(); }
  [[nodiscard]] std::vector<Violation> take() && { return std::move(list_); }

 private:
  [[nodiscard]] std::string with_prefix(const std::string& path) const {
    return path.empty() ? std::string(prefix_) : schema_walk::join(prefix_, path);
  }

  std::string_view prefix_;
  std::vector<Violation> list_;
};

// What "propertyNames": {"format": …} asks for, or nullptr.
const TextFormat* member_name_format(const Json& root, const Nodes& nodes) {
  const Json* names = schema_walk::keyword(nodes, "propertyNames");
  const Json* target = names == nullptr ? nullptr : schema_walk::resolve(root, *names);
  return target == nullptr ? nullptr : find_text_format(json::string_or(*target, "format", ""));
}

// What Valijson does not say well or not at all: unlisted members, formats, overlong arrays.
void check_here(const Json& root, const Nodes& nodes, const Json& value, const std::string& path,
                Report& report) {
  if (nodes.empty() || report.full()) {
    return;
  }
  if (value.is_string()) {
    for (const Json* node : nodes) {
      const TextFormat* format = find_text_format(json::string_or(*node, "format", ""));
      const std::string& text = value.get_ref<const std::string&>();
      // An empty string is minLength's affair, so that an option can say "not set".
      if (format != nullptr && !text.empty() && !format->check(text)) {
        report.add(path, schema_walk::rule_text({node}, "format"));
      }
    }
    return;
  }
  if (!value.is_structured()) {
    return;
  }
  if (value.is_array()) {
    const Json* limit = schema_walk::keyword(nodes, "maxItems");
    if (limit != nullptr && limit->is_number_unsigned() &&
        value.size() > limit->get<std::size_t>()) {
      report.add(path, schema_walk::rule_text(nodes, "maxItems"));
      return;
    }
    const Nodes items = schema_walk::children(root, nodes, {}, value);
    for (std::size_t i = 0; i < value.size() && !items.empty(); ++i) {
      check_here(root, items, value[i], schema_walk::join(path, std::to_string(i)), report);
    }
    return;
  }
  const TextFormat* names = member_name_format(root, nodes);
  for (const auto& [key, child] : value.items()) {
    const std::string child_path = schema_walk::join(path, key);
    if (names != nullptr && !names->check(key)) {
      report.add(child_path, "has a bad name: it " + std::string(names->rule));
    } else if (schema_walk::is_unknown(nodes, key)) {
      report.add(child_path, "should not exist", true);
    } else {
      check_here(root, schema_walk::children(root, nodes, key, value), child, child_path, report);
    }
  }
}

// One error of Valijson's, placed.
struct Placed {
  std::string path;
  Nodes nodes;
  const char* keyword = nullptr;
};

// Follows a context such as {"<root>", "[config]", "[0]"} through document and schema.
Placed place(const Json& root, const Json& document, const std::vector<std::string>& context) {
  Placed out;
  out.nodes = schema_walk::possible(root, schema_walk::certain(root, root));
  const Json* value = &document;
  for (std::size_t i = 1; i < context.size(); ++i) {
    const std::string& step = context[i];
    const std::string key = step.size() < 2 ? step : step.substr(1, step.size() - 2);
    out.path = schema_walk::join(out.path, key);
    out.nodes = schema_walk::possible(root, schema_walk::children(root, out.nodes, key, *value));
    if (value->is_object() && value->contains(key)) {
      value = &*value->find(key);
    } else if (value->is_array() && !key.empty() && key.size() < 10 &&
               key.find_first_not_of("0123456789") == std::string::npos &&
               std::stoul(key) < value->size()) {
      value = &(*value)[std::stoul(key)];
    }
  }
  return out;
}

void explain(const Json& root, const Json& document, const valijson::ValidationResults& results,
             Report& report) {
  std::vector<Placed> alternatives;
  std::vector<Placed> others;
  for (const auto& error : results) {
    if (others.size() >= 4 * JsonSchema::kMaxViolations) {
      break;
    }
    const std::string& text = error.description;
    if (text.rfind("Missing ", 0) == 0) {
      const Placed at = place(root, document, error.context);
      report.add(schema_walk::join(at.path, last_name(text, " '")), "is required");
      continue;
    }
    if (text.rfind("Object contains a property", 0) == 0) {
      const Placed at = place(root, document, error.context);
      report.add(schema_walk::join(at.path, last_name(text, ": '")), "should not exist", true);
      continue;
    }
    const auto* kind = std::find_if(kKinds.begin(), kKinds.end(),
                                    [&](const Kind& k) { return text.rfind(k.beginning, 0) == 0; });
    if (kind == kKinds.end()) {
      continue;  // the ancestors of a failure repeat it
    }
    Placed at = place(root, document, error.context);
    at.keyword = kind->keyword;
    const std::string_view name = kind->keyword;
    (name == "anyOf" || name == "oneOf" ? alternatives : others).push_back(std::move(at));
  }
  // A value that fits none of several forms is one failure, not one for each form.
  for (const Placed& at : alternatives) {
    report.add(at.path, schema_walk::rule_text(at.nodes, at.keyword));
  }
  // The type first: what else is wrong with a value of the wrong type does not matter.
  for (const bool types : {true, false}) {
    for (const Placed& at : others) {
      if ((std::string_view(at.keyword) == "type") == types) {
        // A wrong type where the values are listed is best answered by the list.
        const bool listed = types && schema_walk::keyword(at.nodes, "enum") != nullptr;
        report.add(at.path, schema_walk::rule_text(at.nodes, listed ? "enum" : at.keyword));
      }
    }
  }
}

Json fill(const Json& root, const Nodes& nodes, Json value, JsonSchema::Unknown unknown, int left) {
  if (nodes.empty() || left == 0) {
    return value;
  }
  if (value.is_array()) {
    const Nodes items = schema_walk::children(root, nodes, {}, value);
    for (Json& child : value) {
      child = fill(root, items, std::move(child), unknown, left - 1);
    }
    return value;
  }
  if (!value.is_object()) {
    return value;
  }
  if (unknown == JsonSchema::Unknown::Drop) {
    for (auto it = value.begin(); it != value.end();) {
      it = schema_walk::is_unlisted(nodes, it.key()) ? value.erase(it) : std::next(it);
    }
  }
  for (const Json* node : nodes) {
    const Json* properties = json::find(*node, "properties");
    if (properties == nullptr || !properties->is_object()) {
      continue;
    }
    for (const auto& [key, child] : properties->items()) {
      const Json* target = schema_walk::resolve(root, child);
      if (target != nullptr && target->is_object() && target->contains("default") &&
          !value.contains(key)) {
        value[key] = (*target)["default"];
      }
    }
  }
  for (auto it = value.begin(); it != value.end(); ++it) {
    const Nodes child = schema_walk::children(root, nodes, it.key(), value);
    it.value() = fill(root, child, std::move(it.value()), unknown, left - 1);
  }
  return value;
}

}  // namespace

std::string Violation::message() const {
  if (!unknown) {
    return path.empty() ? rule : path + " " + rule;
  }
  const std::size_t dot = path.rfind('.');
  std::string out = dot == std::string::npos ? std::string() : path.substr(0, dot + 1);
  out += "property ";
  out += dot == std::string::npos ? path : path.substr(dot + 1);
  return out += " should not exist";
}

Result<JsonSchema> JsonSchema::compile(const Json& schema) {
  if (!schema.is_object() && !schema.is_boolean()) {
    return Status(Code::Invalid, "JSON Schema: must be an object or a boolean");
  }
  WAX_TRY(schema_walk::Prepared prepared, schema_walk::prepare(schema));
  auto impl = std::make_shared<Impl>();
  impl->document = schema;
  impl->stripped = std::move(prepared.stripped);
  impl->has_pattern = prepared.has_pattern;
  try {
    valijson::SchemaParser parser;
    parser.populateSchema(Adapter(impl->stripped), impl->compiled);
  } catch (const std::exception& e) {
    return Status(Code::Invalid, std::string("JSON Schema: ") + e.what());
  }
  return JsonSchema(std::move(impl));
}

std::vector<Violation> JsonSchema::validate(const Json& document,
                                            std::string_view path_prefix) const {
  Report report(path_prefix);
  if (schema_walk::is_too_deep(document, json::kMaxDepth)) {
    report.add("", "is nested too deeply");
    return std::move(report).take();
  }
  if (impl_->has_pattern && has_long_text(document, kMaxPatternSubjectBytes)) {
    report.add("", "must not contain text of more than " + std::to_string(kMaxPatternSubjectBytes) +
                       " bytes");
    return std::move(report).take();
  }
  const Json& root = impl_->document;
  check_here(root, schema_walk::certain(root, root), document, "", report);
  try {
    const Adapter target(document);
    valijson::Validator validator;
    if (count_nodes(document) > kMaxExplainedNodes) {
      if (!validator.validate(impl_->compiled, target, nullptr) && report.empty()) {
        report.add("", "is not valid, and too large to say where");
      }
    } else {
      valijson::ValidationResults results;
      if (!validator.validate(impl_->compiled, target, &results)) {
        explain(root, document, results, report);
        if (report.empty()) {
          report.add("", "is not valid");
        }
      }
    }
  } catch (const std::exception& e) {
    // Such as a regular expression that needs too many steps.
    report.add("", std::string("cannot be validated: ") + e.what());
  }
  return std::move(report).take();
}

Json JsonSchema::normalise(Json document, Unknown unknown) const {
  const Json& root = impl_->document;
  return fill(root, schema_walk::certain(root, root), std::move(document), unknown,
              json::kMaxDepth);
}

const Json& JsonSchema::document() const noexcept {
  return impl_->document;
}

}  // namespace waxwing

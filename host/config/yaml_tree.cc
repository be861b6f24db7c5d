// SPDX-License-Identifier: Apache-2.0
// From yaml-cpp's events to the tree. Events rather than nodes: they show duplicate keys, and
// aliases before they multiply.
#include "config/yaml_tree.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <exception>
#include <istream>
#include <optional>
#include <sstream>
#include <utility>
#include <vector>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "base/json_schema_walk.hpp"
#include "base/text_format.hpp"
#include "config/interpolate.hpp"

namespace waxwing::config {
namespace {

constexpr std::size_t kMaxYamlDepth = 48;

// Thrown through yaml-cpp's parser to end it; caught in parse_yaml.
struct Stop final : std::exception {};

std::optional<Json> number_of(const std::string& text) {
  const char* first = text.data();
  const char* last = first + text.size();
  if (*first == '+') {
    ++first;
  }
  int base = 10;
  if (last - first > 2 && first[0] == '0' && (first[1] == 'x' || first[1] == 'o')) {
    base = first[1] == 'x' ? 16 : 8;
    first += 2;
  }
  std::uint64_t natural = 0;
  if (const auto [end, error] = std::from_chars(first, last, natural, base);
      error == std::errc() && end == last) {
    return Json(natural);
  }
  std::int64_t integer = 0;
  if (const auto [end, error] = std::from_chars(first, last, integer, base);
      error == std::errc() && end == last) {
    return Json(integer);
  }
  // Words such as "inf" and "nan" are text.
  if (base != 10 || text.find_first_not_of("+-.0123456789eE") != std::string::npos) {
    return std::nullopt;
  }
  double real = 0;
  if (const auto [end, error] = std::from_chars(first, last, real);
      error == std::errc() && end == last && std::isfinite(real)) {
    return Json(real);
  }
  return std::nullopt;
}

// The core schema of YAML 1.2.
Json typed(const std::string& text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") {
    return nullptr;
  }
  if (text == "true" || text == "True" || text == "TRUE") {
    return true;
  }
  if (text == "false" || text == "False" || text == "FALSE") {
    return false;
  }
  return number_of(text).value_or(Json(text));
}

class Builder final : public YAML::EventHandler {
 public:
  Builder(std::string_view file_name, const Environment& environment, Problems& problems)
      : file_name_(file_name), environment_(environment), problems_(problems) {}

  YamlTree take() && { return std::move(tree_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(mark, anchor, nullptr);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto it = anchors_.find(anchor);
    if (it == anchors_.end()) {
      fail(mark, "an alias stands inside what it refers to");
    }
    if (expects_key()) {
      fail(mark, "an alias cannot be a key");
    }
    const Anchored anchored = it->second;
    count(mark, anchored.nodes, anchored.text_bytes);
    attach(mark, anchored.value);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    if (expects_key()) {
      take_key(mark, text);
      return;
    }
    const bool is_plain = tag == "?" || tag.empty();
    if (!is_plain && tag != "!" && tag != "tag:yaml.org,2002:str") {
      fail(mark, "tags are not supported");
    }
    const std::string path = path_of_next();
    Result<Interpolated> result = interpolate(text, environment_);
    if (!result) {
      problems_.push_back({where(mark), path + ": " + result.error().message()});
      tree_.unreadable.insert(path);
      add(mark, anchor, nullptr);
      return;
    }
    if (result->changed && is_plain) {
      tree_.replaced[path] = result->text;
    }
    add(mark, anchor, is_plain ? typed(result->text) : Json(result->text));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Json::array());
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Json::object());
  }
  void OnMapEnd() override { close(); }

 private:
  struct Frame {
    Json value;
    std::string path;
    YAML::Mark mark;
    YAML::anchor_t anchor = 0;
    std::size_t nodes_before = 0;
    std::size_t text_before = 0;
    std::optional<std::string> key;  // read, its value not yet
    bool skip_value = false;         // of a key given twice
    std::map<std::string, int> key_lines;
  };
  struct Anchored {
    Json value;
    std::size_t nodes = 0;
    std::size_t text_bytes = 0;
  };

  [[nodiscard]] std::string where(const YAML::Mark& mark) const {
    return file_name_ + ":" + std::to_string(mark.line + 1);
  }
  [[noreturn]] void fail(const YAML::Mark& mark, std::string text) {
    problems_.push_back({where(mark), std::move(text)});
    throw Stop();
  }
  void count(const YAML::Mark& mark, std::size_t nodes, std::size_t text_bytes) {
    nodes_ += nodes;
    text_bytes_ += text_bytes;
    if (nodes_ > kMaxYamlNodes || text_bytes_ > kMaxYamlText) {
      fail(mark, "too many values; aliases count with all that they stand for");
    }
  }

  [[nodiscard]] bool expects_key() const {
    return !stack_.empty() && stack_.back().value.is_object() && !stack_.back().key;
  }
  [[nodiscard]] std::string path_of_next() const {
    if (stack_.empty()) {
      return {};
    }
    const Frame& top = stack_.back();
    return schema_walk::join(top.path, top.key ? *top.key : std::to_string(top.value.size()));
  }

  void take_key(const YAML::Mark& mark, const std::string& text) {
    Frame& top = stack_.back();
    const auto [it, fresh] = top.key_lines.emplace(text, mark.line + 1);
    if (!fresh) {
      problems_.push_back({where(mark), schema_walk::join(top.path, text) +
                                            ": given twice, first on line " +
                                            std::to_string(it->second)});
    }
    top.key = text;
    top.skip_value = !fresh;
  }

  void add(const YAML::Mark& mark, YAML::anchor_t anchor, Json value) {
    if (expects_key()) {
      fail(mark, "a key must be text");
    }
    const std::size_t bytes =
        value.is_string() ? value.get_ref<const std::string&>().size() : std::size_t{0};
    count(mark, 1, bytes);
    if (anchor != 0) {
      anchors_[anchor] = {value, 1, bytes};
    }
    attach(mark, std::move(value));
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Json value) {
    if (expects_key()) {
      fail(mark, "a key must be text");
    }
    if (!tag.empty() && tag != "?" && tag != "!" && tag != "tag:yaml.org,2002:map" &&
        tag != "tag:yaml.org,2002:seq") {
      fail(mark, "tags are not supported");
    }
    if (stack_.size() >= kMaxYamlDepth) {
      fail(mark, "nested too deeply");
    }
    Frame frame;
    frame.value = std::move(value);
    frame.path = path_of_next();
    frame.mark = mark;
    frame.anchor = anchor;
    frame.nodes_before = nodes_;
    frame.text_before = text_bytes_;
    count(mark, 1, 0);
    stack_.push_back(std::move(frame));
  }

  void close() {
    Frame frame = std::move(stack_.back());
    stack_.pop_back();
    if (frame.anchor != 0) {
      const std::size_t nodes = nodes_ - frame.nodes_before;
      const std::size_t bytes = text_bytes_ - frame.text_before;
      count(frame.mark, nodes, bytes);  // the copy counts too: anchors can be nested
      anchors_[frame.anchor] = {frame.value, nodes, bytes};
    }
    attach(frame.mark, std::move(frame.value));
  }

  void attach(const YAML::Mark& mark, Json value) {
    if (stack_.empty()) {
      tree_.sources[""] = where(mark);
      tree_.value = std::move(value);
      return;
    }
    Frame& top = stack_.back();
    if (!top.skip_value) {
      // A member stands where its key is; its value may begin a line later.
      const std::string path = path_of_next();
      tree_.sources[path] =
          top.key ? file_name_ + ":" + std::to_string(top.key_lines[*top.key]) : where(mark);
      if (top.key) {
        top.value[*top.key] = std::move(value);
      } else {
        top.value.push_back(std::move(value));
      }
    }
    top.key.reset();
    top.skip_value = false;
  }

  std::string file_name_;
  const Environment& environment_;
  Problems& problems_;
  YamlTree tree_;
  std::vector<Frame> stack_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  std::size_t nodes_ = 0;
  std::size_t text_bytes_ = 0;
};

// The line on which the text stops being UTF-8 without NUL, or 0.
std::size_t bad_line(std::string_view text) {
  std::size_t line = 1;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view row = text.substr(0, end);
    if (!is_valid_utf8(row) || row.find('\0') != std::string_view::npos) {
      return line;
    }
    if (end == std::string_view::npos) {
      break;
    }
    text.remove_prefix(end + 1);
    ++line;
  }
  return 0;
}

}  // namespace

YamlTree parse_yaml(std::string_view text, std::string_view file_name,
                    const Environment& environment, Problems& problems) {
  const std::string name(file_name);
  if (text.size() > kMaxYamlBytes) {
    problems.push_back({name, "is larger than 4 MB"});
    return {};
  }
  if (const std::size_t line = bad_line(text); line != 0) {
    problems.push_back({name + ":" + std::to_string(line), "is not UTF-8 text"});
    return {};
  }
  Builder builder(file_name, environment, problems);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    parser.HandleNextDocument(builder);
    Problems ignored;
    Builder rest(file_name, environment, ignored);
    if (parser.HandleNextDocument(rest)) {
      problems.push_back({name, "has more than one document"});
    }
  } catch (const Stop&) {
    return {};
  } catch (const YAML::Exception& e) {
    problems.push_back({name + ":" + std::to_string(e.mark.line + 1), e.msg});
    return {};
  } catch (const std::exception& e) {
    problems.push_back({name, std::string("cannot be parsed: ") + e.what()});
    return {};
  }
  return std::move(builder).take();
}

}  // namespace waxwing::config

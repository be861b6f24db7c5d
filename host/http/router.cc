// SPDX-License-Identifier: Apache-2.0
// The route table: a tree of segments.
#include "http/router.hpp"

#include <array>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>

#include "http/url.hpp"

namespace waxwing::http {
namespace {

constexpr std::size_t kMaxSegments = 24;

struct Segments {
  std::array<std::string_view, kMaxSegments> items;
  std::size_t count = 0;

  [[nodiscard]] std::span<const std::string_view> view() const { return {items.data(), count}; }
};

// "/a/b" and "/a/b/" are {a, b}, "/" is {}. Nothing for an empty segment, a path without its first
// slash, or one deeper than any route.
std::optional<Segments> split(std::string_view path) {
  if (path.empty() || path.front() != '/') {
    return std::nullopt;
  }
  path.remove_prefix(1);
  Segments out;
  while (!path.empty()) {
    const std::size_t end = path.find('/');
    if (end == 0 || out.count == kMaxSegments) {
      return std::nullopt;
    }
    out.items[out.count++] = path.substr(0, end);
    path.remove_prefix(end == std::string_view::npos ? path.size() : end + 1);
  }
  return out;
}

bool is_parameter(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

}  // namespace

struct Router::Node {
  struct Entry {
    const Route* route;
    std::vector<std::string_view> names;  // of the parameters on the way, into route->pattern
  };

  std::map<std::string, std::unique_ptr<Node>, std::less<>> fixed;
  std::unique_ptr<Node> parameter;
  std::map<std::string, Entry, std::less<>> methods;

  [[nodiscard]] const Entry* find(std::string_view method) const {
    auto found = methods.find(method);
    if (found == methods.end() && method == "HEAD") {
      found = methods.find("GET");
    }
    return found == methods.end() ? nullptr : &found->second;
  }
};

// One walk through the tree. Segments without an escape are not copied on the way.
struct Router::Search {
  std::string_view method;
  std::span<const std::string_view> segments;
  std::array<std::optional<std::string>, kMaxSegments> decoded;  // only those with an escape
  std::array<std::uint8_t, kMaxSegments> chosen{};               // segments taken as parameters
  std::size_t chosen_count = 0;
  bool path_known = false;
  std::set<std::string_view>* collect = nullptr;  // gathers methods instead of stopping at one

  [[nodiscard]] std::string_view segment(std::size_t i) const {
    return decoded[i] ? std::string_view(*decoded[i]) : segments[i];
  }

  // The undecodable segment, or nothing.
  std::optional<std::string_view> decode() {
    for (std::size_t i = 0; i < segments.size(); ++i) {
      if (segments[i].find('%') != std::string_view::npos || !is_utf8(segments[i])) {
        decoded[i] = decode_segment(segments[i]);
        if (!decoded[i]) {
          return segments[i];
        }
      }
    }
    return std::nullopt;
  }

  const Node::Entry* walk(const Node& node, std::size_t depth) {
    if (depth == segments.size()) {
      path_known = path_known || !node.methods.empty();
      if (collect != nullptr) {
        for (const auto& [name, entry] : node.methods) {
          collect->insert(name);
        }
        return nullptr;
      }
      return node.find(method);
    }
    if (const auto next = node.fixed.find(segment(depth)); next != node.fixed.end()) {
      if (const auto* entry = walk(*next->second, depth + 1)) {
        return entry;
      }
    }
    if (node.parameter) {
      chosen[chosen_count++] = static_cast<std::uint8_t>(depth);
      if (const auto* entry = walk(*node.parameter, depth + 1)) {
        return entry;
      }
      --chosen_count;
    }
    return nullptr;
  }
};

Router::Router() : root_(std::make_unique<Node>()) {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;

Status Router::add(Route route) {
  const std::string name = route.method + " " + route.pattern;
  auto owned = std::make_unique<Route>(std::move(route));
  const auto segments = split(owned->pattern);
  if (!segments || owned->method.empty() || !owned->handler) {
    return {Code::Invalid, name + ": not a route"};
  }
  Node* node = root_.get();
  Node::Entry entry{owned.get(), {}};
  for (const std::string_view segment : segments->view()) {
    std::unique_ptr<Node>* next = nullptr;
    if (is_parameter(segment)) {
      entry.names.push_back(segment.substr(1, segment.size() - 2));
      next = &node->parameter;
    } else if (segment.find_first_of("{}%") != std::string_view::npos) {
      return {Code::Invalid, name + ": a parameter is a whole segment"};
    } else {
      next = &node->fixed[std::string(segment)];
    }
    if (!*next) {
      *next = std::make_unique<Node>();
    }
    node = next->get();
  }
  if (!node->methods.try_emplace(owned->method, std::move(entry)).second) {
    return {Code::Conflict, name + ": there is such a route already"};
  }
  routes_.push_back(std::move(owned));
  return {};
}

std::vector<const Route*> Router::routes() const {
  std::vector<const Route*> out;
  out.reserve(routes_.size());
  for (const auto& route : routes_) {
    out.push_back(route.get());
  }
  return out;
}

Router::Match Router::match(std::string_view method, std::string_view path) const {
  Match out;
  const auto segments = split(path);
  if (!segments) {
    return out;
  }
  Search search;
  search.method = method;
  search.segments = segments->view();
  if (const auto bad = search.decode()) {
    out.outcome = Match::Outcome::BadEscape;
    out.bad_segment = *bad;
    return out;
  }
  const Node::Entry* entry = search.walk(*root_, 0);
  if (entry == nullptr) {
    out.outcome = search.path_known ? Match::Outcome::WrongMethod : Match::Outcome::UnknownPath;
    return out;
  }
  out.outcome = Match::Outcome::Found;
  out.route = entry->route;
  out.params.reserve(search.chosen_count);
  for (std::size_t i = 0; i < search.chosen_count; ++i) {
    out.params.emplace_back(entry->names[i], search.segment(search.chosen[i]));
  }
  return out;
}

std::string Router::allowed(std::string_view path) const {
  const auto segments = split(path);
  if (!segments) {
    return {};
  }
  std::set<std::string_view> methods;
  Search search;
  search.segments = segments->view();
  search.collect = &methods;
  if (search.decode()) {
    return {};
  }
  search.walk(*root_, 0);
  if (methods.contains("GET")) {
    methods.insert("HEAD");
  }
  std::string out;
  for (const auto method : methods) {
    out.append(out.empty() ? "" : ", ").append(method);
  }
  return out;
}

}  // namespace waxwing::http

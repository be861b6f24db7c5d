// SPDX-License-Identifier: Apache-2.0
// Node's parts and its line for people.
#include "multidevice/binary/node.hpp"

#include <algorithm>
#include <charconv>

namespace waxwing::multidevice {

Node& Node::set(std::string_view name, std::string_view text) & {
  attributes_.push_back({std::string(name), std::string(text)});
  return *this;
}

Node& Node::set(std::string_view name, Jid jid) & {
  attributes_.push_back({std::string(name), std::move(jid)});
  return *this;
}

Node& Node::set(std::string_view name, std::uint64_t number) & {
  attributes_.push_back({std::string(name), std::to_string(number)});
  return *this;
}

void Node::remove(std::string_view name) {
  std::erase_if(attributes_, [&](const Attribute& attribute) { return attribute.name == name; });
}

Node& Node::add(Node child) & {
  if (auto* children = std::get_if<Children>(&content_)) {
    children->push_back(std::move(child));
  } else {
    content_.emplace<Children>().push_back(std::move(child));
  }
  return *this;
}

Node& Node::set_children(Children children) & {
  content_ = std::move(children);
  return *this;
}

Node& Node::set_octets(Bytes octets) & {
  content_ = std::move(octets);
  return *this;
}

Node& Node::set_text(std::string_view text) & {
  content_ = std::string(text);
  return *this;
}

const AttributeValue* Node::find(std::string_view name) const noexcept {
  for (const Attribute& attribute : attributes_) {
    if (attribute.name == name) {
      return &attribute.value;
    }
  }
  return nullptr;
}

std::string_view Node::text(std::string_view name) const noexcept {
  const AttributeValue* value = find(name);
  const auto* text = value == nullptr ? nullptr : std::get_if<std::string>(value);
  return text == nullptr ? std::string_view{} : std::string_view(*text);
}

std::optional<Jid> Node::jid(std::string_view name) const {
  const AttributeValue* value = find(name);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (const auto* jid = std::get_if<Jid>(value)) {
    return *jid;
  }
  const std::string& text = std::get<std::string>(*value);
  // Some clients name the server itself by its bare word.
  return text == server::kUser || text == server::kGroup ? Jid::of_server(text) : Jid::parse(text);
}

std::optional<std::uint64_t> Node::number(std::string_view name) const noexcept {
  const std::string_view digits = text(name);
  std::uint64_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value);
  if (digits.empty() || error != std::errc{} || stop != end) {
    return std::nullopt;
  }
  return value;
}

std::span<const Node> Node::children() const noexcept {
  const auto* children = std::get_if<Children>(&content_);
  return children == nullptr ? std::span<const Node>{} : std::span<const Node>(*children);
}

const Node* Node::child(std::string_view tag) const noexcept {
  for (const Node& child : children()) {
    if (child.tag_ == tag) {
      return &child;
    }
  }
  return nullptr;
}

const Node* Node::first_child() const noexcept {
  return children().empty() ? nullptr : &children().front();
}

ByteView Node::octets() const noexcept {
  if (const auto* octets = std::get_if<Bytes>(&content_)) {
    return *octets;
  }
  if (const auto* text = std::get_if<std::string>(&content_)) {
    return as_bytes(*text);
  }
  return {};
}

namespace {

void append_text(std::string& out, const Node& node) {
  out.append("<").append(node.tag());
  for (const Attribute& attribute : node.attributes()) {
    out.append(" ").append(attribute.name).append("=");
    if (const auto* jid = std::get_if<Jid>(&attribute.value)) {
      out.append(jid->to_string());
    } else {
      out.append("\"").append(std::get<std::string>(attribute.value)).append("\"");
    }
  }
  if (std::holds_alternative<std::monostate>(node.content())) {
    out.append("/>");
    return;
  }
  out.append(">");
  if (const auto* text = std::get_if<std::string>(&node.content())) {
    out.append(*text);
  } else if (const auto* octets = std::get_if<Bytes>(&node.content())) {
    out.append("[").append(std::to_string(octets->size())).append("]");
  }
  for (const Node& child : node.children()) {
    append_text(out, child);
  }
  out.append("</").append(node.tag()).append(">");
}

}  // namespace

std::string to_text(const Node& node) {
  std::string out;
  append_text(out, node);
  return out;
}

}  // namespace waxwing::multidevice

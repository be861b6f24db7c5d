// SPDX-License-Identifier: Apache-2.0
// Node: a stanza or a part of one; a tag, attributes, and children or octets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "multidevice/base/bytes.hpp"
#include "multidevice/binary/jid.hpp"

namespace waxwing::multidevice {

// An address is typed: other clients tell apart a Jid and the same characters as text.
using AttributeValue = std::variant<std::string, Jid>;

struct Attribute {
  std::string name;
  AttributeValue value;

  friend bool operator==(const Attribute&, const Attribute&) = default;
};

// Value type, no thread rule; views and pointers it gives live until it is changed. Built in a
// chain: Node("iq").set("type", "get").set("to", server_jid()).add(Node("ping")).
class Node {
 public:
  using Children = std::vector<Node>;

  Node() = default;
  explicit Node(std::string_view tag) : tag_(tag) {}

  [[nodiscard]] const std::string& tag() const noexcept { return tag_; }

  // Adds an attribute; the caller sees to it that it has none of that name yet. Numbers are
  // written in decimal.
  Node& set(std::string_view name, std::string_view text) &;
  Node& set(std::string_view name, const char* text) & { return set(name, std::string_view(text)); }
  Node& set(std::string_view name, Jid jid) &;
  Node& set(std::string_view name, std::uint64_t number) &;
  template <class T>
  Node&& set(std::string_view name, T&& value) && {
    return std::move(set(name, std::forward<T>(value)));
  }
  // The same when there is a value, nothing otherwise.
  template <class T>
  Node& set_if(std::string_view name, const std::optional<T>& value) & {
    return value ? set(name, *value) : *this;
  }
  template <class T>
  Node&& set_if(std::string_view name, const std::optional<T>& value) && {
    return std::move(set_if(name, value));
  }
  void remove(std::string_view name);
  void add_attribute(Attribute attribute) { attributes_.push_back(std::move(attribute)); }
  void reserve_attributes(std::size_t count) { attributes_.reserve(count); }

  // Adds a child; a node has either children or octets, the last call decides.
  Node& add(Node child) &;
  Node&& add(Node child) && { return std::move(add(std::move(child))); }
  Node& set_children(Children children) &;
  Node&& set_children(Children children) && { return std::move(set_children(std::move(children))); }
  // Octets travel as they are; text may be shortened by a token.
  Node& set_octets(Bytes octets) &;
  Node&& set_octets(Bytes octets) && { return std::move(set_octets(std::move(octets))); }
  Node&& set_octets(ByteView octets) && { return std::move(set_octets(to_bytes(octets))); }
  Node& set_text(std::string_view text) &;
  Node&& set_text(std::string_view text) && { return std::move(set_text(text)); }

  [[nodiscard]] const std::vector<Attribute>& attributes() const noexcept { return attributes_; }
  [[nodiscard]] const AttributeValue* find(std::string_view name) const noexcept;
  [[nodiscard]] bool has(std::string_view name) const noexcept { return find(name) != nullptr; }
  // Empty when it is absent or an address.
  [[nodiscard]] std::string_view text(std::string_view name) const noexcept;
  // An address, also one that came as text; nothing when it is absent or cannot be one.
  [[nodiscard]] std::optional<Jid> jid(std::string_view name) const;
  // Nothing when it is absent or not a decimal number below 2^64.
  [[nodiscard]] std::optional<std::uint64_t> number(std::string_view name) const noexcept;

  [[nodiscard]] std::span<const Node> children() const noexcept;
  [[nodiscard]] const Node* child(std::string_view tag) const noexcept;  // The first; may be null.
  [[nodiscard]] const Node* first_child() const noexcept;
  // Octets or text; empty when it has children or nothing.
  [[nodiscard]] ByteView octets() const noexcept;
  [[nodiscard]] std::string_view octets_as_text() const noexcept { return as_text(octets()); }

  using Content = std::variant<std::monostate, Children, Bytes, std::string>;
  [[nodiscard]] const Content& content() const noexcept { return content_; }

  friend bool operator==(const Node&, const Node&) = default;

 private:
  std::string tag_;
  std::vector<Attribute> attributes_;
  Content content_;
};

// One line for people and logs: <iq type="get" to=@s.whatsapp.net><count/></iq>. Octets are shown
// by their number only, addresses and texts as they are: not for a log above debug.
[[nodiscard]] std::string to_text(const Node& node);

}  // namespace waxwing::multidevice

// SPDX-License-Identifier: Apache-2.0
// Vault: the rows that messages need, a few of them in memory, and the one order of work on them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "multidevice/base/bytes.hpp"
#include "multidevice/signal/sender_key.hpp"
#include "multidevice/signal/session_record.hpp"
#include "multidevice/store/batch.hpp"

namespace waxwing::multidevice {

class ClientHost;

// Work is done one piece after the other. What a piece has changed is what the next one sees,
// whether or not it is durable yet: commits keep their order.
class Vault {
 public:
  using Rows = std::vector<StoreKey>;
  // A piece of work: looks whether all that it needs is here, and names what is not; then it is run
  // again once that was loaded. What it names nothing for, it has done. It must not change anything
  // before all is here. `readable` is false when the store could not be read: it must end then.
  using Work = std::function<Rows(bool readable)>;

  explicit Vault(ClientHost& host) : host_(host) {}

  void work(Work piece);
  // The disk may not have what memory has: forgets all, so that it is read again.
  void forget();

  // Of rows that are here; has() is true for those that are known not to exist, too. Pointers live
  // until the piece of work ends.
  [[nodiscard]] bool has(std::string_view space, const std::string& key);
  [[nodiscard]] SessionRecord* session(const std::string& address);
  [[nodiscard]] SenderKeyRecord* sender_key(const std::string& name);
  [[nodiscard]] const Bytes* octets(std::string_view space, const std::string& key);
  // Creates it when there is none.
  [[nodiscard]] SessionRecord& make_session(const std::string& address);
  [[nodiscard]] SenderKeyRecord& make_sender_key(const std::string& name);

  // What has changed goes into the batch.
  void save_session(StoreBatch& batch, const std::string& address);
  void save_sender_key(StoreBatch& batch, const std::string& name);
  void put(StoreBatch& batch, std::string_view space, const std::string& key, Bytes value,
           std::int64_t expires_at_ms = 0);
  // It is not remembered that it is gone: most rows that are erased are not asked for again.
  void erase(StoreBatch& batch, std::string_view space, const std::string& key);

  // Nobody is expected to ask for that row again.
  void let_go(std::string_view space, const std::string& key);

  [[nodiscard]] std::size_t weight() const noexcept { return weight_; }

 private:
  struct Slot {
    std::variant<std::monostate, std::unique_ptr<SessionRecord>, std::unique_ptr<SenderKeyRecord>,
                 Bytes>
        value;
    std::uint32_t weight = 0;
    std::uint32_t used = 0;
  };
  using Slots = std::unordered_map<std::string, Slot>;

  void pump();
  void take_in(const Rows& wanted, const StoreRows& found);
  Slot* find(std::string_view space, const std::string& key);
  Slots::value_type& slot(std::string_view space, const std::string& key);
  void weigh(Slots::value_type& named);
  void shrink();

  ClientHost& host_;
  std::deque<Work> queue_;
  bool busy_ = false;  // a piece runs, or waits for its rows
  bool readable_ = true;
  Slots slots_;  // by a letter for the space, and the key
  std::size_t weight_ = 0;
  std::uint32_t tick_ = 0;
};

}  // namespace waxwing::multidevice

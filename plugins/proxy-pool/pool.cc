// SPDX-License-Identifier: Apache-2.0
// Choosing, keeping and resting proxies.
#include "pool.hpp"

#include <algorithm>
#include <utility>

namespace proxy_pool {
namespace {

constexpr std::int64_t kLongestCooldownMs = 3'600'000;

// The rank of a proxy for a session (rendezvous hashing): a change of the list moves only those
// sessions whose proxy went. FNV-1a, mixed at the end so that similar names lie far apart.
std::uint64_t rank(std::string_view session, std::string_view proxy) noexcept {
  std::uint64_t hash = 14695981039346656037U;
  for (const std::string_view part : {session, std::string_view("\n"), proxy}) {
    for (const char c : part) {
      hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
    }
  }
  hash ^= hash >> 33;
  hash *= 0xFF51AFD7ED558CCDU;
  hash ^= hash >> 33;
  return hash;
}

bool has_tags(const Proxy& proxy, const Tags& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& tag) {
    const auto it = proxy.tags.find(tag.first);
    return it != proxy.tags.end() && it->second == tag.second;
  });
}

}  // namespace

void Pool::set_proxies(std::vector<Proxy> proxies) {
  std::map<std::string, Member> members;
  for (Proxy& proxy : proxies) {
    const std::string key = proxy.key();
    Member member;
    if (const auto old = members_.find(key); old != members_.end()) {
      member = old->second;
    }
    member.proxy = std::move(proxy);
    members.emplace(key, std::move(member));
  }
  members_ = std::move(members);
}

// The best that is well; when none is, the one that will be first.
Pool::Member* Pool::choose(const std::string& session, const Tags& wanted,
                           const std::string& not_this, std::int64_t now_ms) {
  Member* best = nullptr;
  std::uint64_t best_rank = 0;
  for (auto& [key, member] : members_) {
    if (key == not_this || !has_tags(member.proxy, wanted)) {
      continue;
    }
    const std::uint64_t own = rank(session, key);
    const std::int64_t wait = std::max<std::int64_t>(member.well_at_ms - now_ms, 0);
    const std::int64_t best_wait =
        best == nullptr ? 0 : std::max<std::int64_t>(best->well_at_ms - now_ms, 0);
    if (best == nullptr || wait < best_wait || (wait == best_wait && own > best_rank)) {
      best = &member;
      best_rank = own;
    }
  }
  return best;
}

std::optional<Pool::Choice> Pool::acquire(const std::string& session, const Tags& wanted,
                                          std::int64_t now_ms) {
  Held& held = sessions_[session];
  const auto current = members_.find(held.proxy);
  const bool stays = current != members_.end() && current->second.well_at_ms <= now_ms &&
                     has_tags(current->second.proxy, wanted);
  Member* const member = stays ? &current->second : choose(session, wanted, {}, now_ms);
  if (member == nullptr) {
    if (held.leases == 0) {
      sessions_.erase(session);
    }
    return std::nullopt;
  }
  held.proxy = member->proxy.key();
  held.wanted = wanted;
  ++held.leases;
  leases_[++last_lease_] = {session, held.proxy};
  return Choice{last_lease_, &member->proxy};
}

void Pool::report(std::uint64_t lease, Health health, std::int64_t now_ms) {
  const auto it = leases_.find(lease);
  const auto found = it == leases_.end() ? members_.end() : members_.find(it->second.proxy);
  if (found == members_.end()) {
    return;
  }
  Member& member = found->second;
  if (health == Health::Worked) {
    member.failures = 0;
    member.cooldowns = 0;
    member.well_at_ms = 0;
    return;
  }
  // Of many sessions that notice the same fault, one makes it cool down.
  if (member.well_at_ms > now_ms) {
    return;
  }
  ++member.failures;
  if (health != Health::Refused && member.failures < rules_.failures) {
    return;
  }
  const std::int64_t longest = std::max(kLongestCooldownMs, rules_.cooldown_ms);
  const std::int64_t span =
      std::min(rules_.cooldown_ms << std::min(member.cooldowns, 12U), longest);
  member.well_at_ms = now_ms + span;
  ++member.cooldowns;
  member.failures = 0;
}

void Pool::release(std::uint64_t lease) {
  const auto it = leases_.find(lease);
  if (it == leases_.end()) {
    return;
  }
  const auto held = sessions_.find(it->second.session);
  if (held != sessions_.end() && --held->second.leases == 0) {
    sessions_.erase(held);
  }
  leases_.erase(it);
}

bool Pool::rotate(const std::string& session, std::int64_t now_ms) {
  const auto held = sessions_.find(session);
  if (held == sessions_.end()) {
    return false;
  }
  const Member* const other = choose(session, held->second.wanted, held->second.proxy, now_ms);
  if (other == nullptr || other->well_at_ms > now_ms) {
    return false;
  }
  held->second.proxy = other->proxy.key();
  return true;
}

}  // namespace proxy_pool

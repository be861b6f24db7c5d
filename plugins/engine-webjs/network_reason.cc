// SPDX-License-Identifier: Apache-2.0
// Names of Chromium's network errors (net/base/net_error_list.h), by parts that tell them apart.
#include "network_reason.hpp"

namespace webjs {

std::string_view network_reason(std::string_view error) {
  struct Meaning {
    std::string_view part;
    std::string_view reason;
  };
  constexpr Meaning kMeanings[] = {
      {"INVALID_AUTH_CREDENTIALS", "proxy_authentication"},
      {"PROXY_AUTH", "proxy_authentication"},
      {"PROXY_CONNECTION_FAILED", "proxy_unreachable"},
      {"SOCKS_CONNECTION", "proxy_unreachable"},
      {"TUNNEL_CONNECTION_FAILED", "proxy_refused"},
      {"PROXY_CERTIFICATE", "proxy_protocol"},
      {"MANDATORY_PROXY", "no_proxy"},
      {"NAME_NOT_RESOLVED", "dns_failed"},
      {"NAME_RESOLUTION", "dns_failed"},
      {"CONNECTION_REFUSED", "connect_refused"},
      {"CONNECTION_RESET", "connection_reset"},
      {"EMPTY_RESPONSE", "connection_closed"},
      {"CONNECTION_CLOSED", "connection_closed"},
      {"TIMED_OUT", "timeout"},
      {"CERT_DATE_INVALID", "certificate_expired"},
      {"CERT_COMMON_NAME", "certificate_wrong_host"},
      {"ERR_CERT", "certificate_invalid"},
      {"ERR_SSL", "tls_failed"},
  };
  for (const Meaning& meaning : kMeanings) {
    if (error.find(meaning.part) != std::string_view::npos) {
      return meaning.reason;
    }
  }
  return "target_unreachable";
}

}  // namespace webjs

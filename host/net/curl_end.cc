// SPDX-License-Identifier: Apache-2.0
// libcurl's failures as our reasons.
#include "net/curl_end.hpp"

#include <cerrno>
#include <string>

#include <openssl/x509_vfy.h>

namespace waxwing::net {
namespace {

End answered_by_proxy(long code) {
  const std::string text = "the proxy answered " + std::to_string(code);
  if (code == 407 || code == 401) {
    return End::proxy("proxy_authentication", text + ": it does not take these credentials",
                      static_cast<std::int32_t>(code));
  }
  if (code >= 500) {
    End end = End::failed("target_unreachable", text);
    end.http_code = static_cast<std::int32_t>(code);
    return end;
  }
  return End::proxy("proxy_refused", text, static_cast<std::int32_t>(code));
}

End refused_by_socks(long error) {
  switch (error) {
    case CURLPX_NO_AUTH:
    case CURLPX_USER_REJECTED:
    case CURLPX_LONG_USER:
    case CURLPX_LONG_PASSWD:
      return End::proxy("proxy_authentication", "the proxy does not take these credentials");
    case CURLPX_REPLY_CONNECTION_REFUSED:
      return End::failed("connect_refused", "the proxy says: connection refused");
    case CURLPX_REPLY_HOST_UNREACHABLE:
    case CURLPX_REPLY_NETWORK_UNREACHABLE:
    case CURLPX_REPLY_TTL_EXPIRED:
      return End::failed("target_unreachable", "the proxy says: unreachable");
    case CURLPX_BAD_VERSION:
    case CURLPX_UNKNOWN_MODE:
    case CURLPX_BAD_ADDRESS_TYPE:
      return End::proxy("proxy_protocol", "the proxy does not speak SOCKS5");
    default:
      return End::proxy("proxy_refused", "the proxy refused");
  }
}

End certificate_failure(long verdict) {
  // libcurl compares the name by itself, and then has no verdict of OpenSSL's.
  const bool named = verdict == X509_V_OK || verdict == X509_V_ERR_UNSPECIFIED;
  const char* const reason =
      verdict == X509_V_ERR_CERT_HAS_EXPIRED || verdict == X509_V_ERR_CERT_NOT_YET_VALID
          ? "certificate_expired"
      : named ? "certificate_wrong_host"
              : "certificate_invalid";
  return End::failed(
      reason, std::string("the server's certificate: ") +
                  (named ? "it is for another host" : X509_verify_cert_error_string(verdict)));
}

}  // namespace

End end_of_transfer(CURL* easy, CURLcode code, bool proxied) {
  long number = 0;
  switch (code) {
    case CURLE_OK:
      return {};
    case CURLE_URL_MALFORMAT:
      return End::invalid("the URL must be http or https with a host");
    case CURLE_SSL_CACERT_BADFILE:
      return End::invalid("ca_pem holds no certificate in PEM form");
    case CURLE_COULDNT_RESOLVE_PROXY:
      return End::proxy("proxy_unreachable", "the proxy's name is not known");
    case CURLE_COULDNT_RESOLVE_HOST:
      return End::failed("dns_failed", "the server's name is not known");
    case CURLE_COULDNT_CONNECT:
      curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number);
      return proxied ? End::proxy("proxy_unreachable", "the proxy cannot be reached")
             : number == ECONNREFUSED
                 ? End::failed("connect_refused", "the server refuses the connection")
                 : End::failed("target_unreachable", "the server cannot be reached");
    case CURLE_PROXY:
      curl_easy_getinfo(easy, CURLINFO_PROXY_ERROR, &number);
      return refused_by_socks(number);
    case CURLE_PEER_FAILED_VERIFICATION:
      curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &number);
      return certificate_failure(number);
    case CURLE_SSL_CONNECT_ERROR:
      return End::failed("tls_failed", "TLS with the server failed");
    case CURLE_OPERATION_TIMEDOUT:
      return {Code::Timeout, "timeout", "the answer was not complete in time"};
    case CURLE_UNSUPPORTED_PROTOCOL:  // of an answer: the URL was looked at before
    case CURLE_WEIRD_SERVER_REPLY:
      return End::failed("protocol_error", "the server does not answer with HTTP");
    default:
      curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &number);
      return number != 0 && (number < 200 || number > 299)
                 ? answered_by_proxy(number)
                 : End::failed("connection_closed", std::string("the connection broke off: ") +
                                                        curl_easy_strerror(code));
  }
}

}  // namespace waxwing::net

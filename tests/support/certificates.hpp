// SPDX-License-Identifier: Apache-2.0
// An authority of the test's own, and certificates good and bad.
#pragma once

#include <string>

struct evp_pkey_st;
struct x509_st;

namespace waxwing::testing {

struct Certificate {
  std::string key_pem;
  std::string chain_pem;  // with that of the authority
};

// Signs for 127.0.0.1 and localhost unless told otherwise.
class Authority {
 public:
  Authority();
  ~Authority();
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;

  [[nodiscard]] const std::string& pem() const noexcept { return pem_; }
  [[nodiscard]] Certificate good() const { return sign("IP:127.0.0.1,DNS:localhost", -3600, 3600); }
  [[nodiscard]] Certificate for_another_host() const { return sign("DNS:other.test", -3600, 3600); }
  [[nodiscard]] Certificate expired() const {
    return sign("IP:127.0.0.1,DNS:localhost", -7200, -3600);
  }

 private:
  [[nodiscard]] Certificate sign(const char* names, long from_s, long until_s) const;

  evp_pkey_st* key_;
  x509_st* certificate_;
  std::string pem_;
};

}  // namespace waxwing::testing

// SPDX-License-Identifier: Apache-2.0
// /-json: the OpenAPI document of this server.
#include "api/openapi.hpp"
#include "api/route.hpp"

namespace waxwing::api {
namespace {

void document(const Context& context, Call&& call) {
  call.send(http::Response::json(200, openapi_document(context)));
}

}  // namespace

void add_document_rows(std::vector<Row>& rows) {
  add_row(rows, "", "GET", "/-json", Access::Page, document, "OpenAPI 3.1 document");
}

}  // namespace waxwing::api

// SPDX-License-Identifier: Apache-2.0
// Shows this server's own OpenAPI document; nothing is asked of any other machine.
'use strict';

SwaggerUIBundle({
  url: '/-json',
  dom_id: '#page',
  deepLinking: true,
  filter: true,
  persistAuthorization: false,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  validatorUrl: null,
  docExpansion: 'list',
  // What nobody should begin with comes last.
  operationsSorter: (a, b) => Number(a.getIn(['operation', 'deprecated']) ?? false) - Number(b.getIn(['operation', 'deprecated']) ?? false),
  defaultModelsExpandDepth: 0,
});

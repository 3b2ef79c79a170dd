"use strict";

const page = document.getElementById("swagger-ui").dataset;

function cookie(name) {
  const found = document.cookie.split("; ").find((part) => part.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}

// A same-site session needs the CSRF token on changes; key and session token do not.
function withCsrfToken(request) {
  const token = cookie("csrftoken") || cookie("__Host-csrf");
  if (token && !["GET", "HEAD"].includes(request.method)) {
    request.headers["X-CSRFToken"] = token;
  }
  return request;
}

window.ui = SwaggerUIBundle({
  dom_id: "#swagger-ui",
  url: page.document,
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  deepLinking: true,
  persistAuthorization: false,
  displayRequestDuration: true,
  docExpansion: "list",
  tryItOutEnabled: true,
  requestInterceptor: withCsrfToken,
  validatorUrl: null,
});

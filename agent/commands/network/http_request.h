// network/http_request.h - the head of a request of HTTP and the data that curl's options give.
#pragma once

#include "commands/network/http_client.h"

namespace limpet::commands {

struct HttpRequest {
    std::string method = "GET";
    bool keeps_method = false;         // -X: redirections do not change it
    bool old = false;                  // HTTP/1.0
    std::vector<std::string> headers;  // "Name: value"; "Name:" leaves ours out, "Name;" is empty
    std::string agent, user, type;
    std::string accept = "*/*";
    std::string body, query;
    bool has_body = false;
};

// With the empty line. `own`: the server is the one that was asked first, which may see passwords.
std::string request_head(const HttpRequest& request, const parse::Url& url, const HttpBody& body,
                         bool own);
// What a redirection with that status makes of it.
void redirected(HttpRequest& request, int status);

// A file of the target, or "-", of at most http_limits::data; without its line breaks if `joined`.
Result<std::string> read_data(Invocation& call, const std::string& name, bool joined);
// -d and its kin, by the option's name.
Result<> add_data(Invocation& call, HttpRequest& request, std::string_view kind,
                  const std::string& value);
// -H LINE or @FILE.
Result<> add_headers(Invocation& call, HttpRequest& request, const std::string& value);

}  // namespace limpet::commands

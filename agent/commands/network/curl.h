// network/curl.h - what curl's options come to, and what -w tells.
#pragma once

#include "commands/network/http_request.h"

namespace limpet::commands {

// The exit statuses of curl(1).
namespace curl_status {
inline constexpr int protocol = 1, failed_start = 2, url = 3, weird = 8, resolve = 6, connect = 7,
                     partial = 18, http_error = 22, write = 23, read = 26, timeout = 28,
                     secure = 35, redirects = 47, empty = 52, send = 55, receive = 56,
                     certificate = 60, coding = 61, too_large = 63;
}

// What the options come to.
struct CurlRequest {
    HttpSettings settings;
    HttpRequest plain;
    std::string upload;  // -T
    bool uploads = false, fails = false, shows_head = false, follows = false, silent = false,
         errors = false, as_is = false, keeps_body_of_errors = false;
    std::int64_t most_time = never;
    int most_redirects = 50;
    std::optional<std::string> format;
    std::vector<std::string> urls, outputs;
};
Result<CurlRequest> curl_request(Invocation& call);

// One URL, as it went.
struct Transfer {
    parse::Url url;
    std::string asked;  // as it was typed
    std::string method, filename, problem, redirect_url, socket;
    int status = 0;  // of curl
    int redirects = 0, connections = 0;
    std::int64_t begin = 0, redirected = 0;  // microseconds; the latter spent before the last hop
    std::uint64_t uploaded = 0, downloaded = 0;
    std::size_t head_size = 0;
};

// -w FORMAT. What goes to standard error behind %{stderr} does.
void write_out(Invocation& call, std::string_view format, const Transfer& transfer,
               const HttpClient& client);

}  // namespace limpet::commands

// parse/http.h - the answer to a request of HTTP/1.0, as Docker's socket gives it.
#pragma once

#include "limpet/result.h"

#include <string_view>

namespace limpet::parse {

struct HttpAnswer {
    int status = 0;
    std::string_view body;
};

// A whole answer: status line, headers, and all that follows. One that is chunked (a server that
// ignores the version) is refused, and so is one shorter than its Content-Length.
Result<HttpAnswer> http_answer(std::string_view text);

}  // namespace limpet::parse

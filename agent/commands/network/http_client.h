// network/http_client.h - one request of HTTP and its answer, for curl and wget.
#pragma once

#include "commands/command.h"
#include "commands/network/connection.h"
#include "commands/unpacked.h"
#include "parse/http.h"
#include "parse/url.h"

#include <optional>

namespace limpet::commands {

// What a server may make of us at most, whatever it sends.
namespace http_limits {
inline constexpr std::size_t head =
    std::size_t{300} * 1024;        // of one answer, with its interim ones
inline constexpr int interim = 32;  // 1xx before the answer
inline constexpr std::uint64_t unpacked = std::uint64_t{1} << 30;  // of a compressed body
inline constexpr std::int64_t silence = 300 * second;              // between two bytes
inline constexpr std::int64_t connecting = 120 * second;
inline constexpr std::size_t data = std::size_t{64} << 20;  // of a body that is held in memory
}  // namespace http_limits

struct HttpSettings {
    int family = AF_UNSPEC;
    std::int64_t connecting = http_limits::connecting;
    std::int64_t silence = http_limits::silence;
    std::int64_t deadline = never;
    std::uint64_t largest = UINT64_MAX;  // of a body
    std::string unix_socket;
    struct Override {
        std::string host;
        std::uint16_t port = 0;  // 0: any
        std::vector<parse::Address> addresses;
    };
    std::vector<Override> overrides;
    TlsSettings tls;
    std::string roots_file;
    bool trace = false;   // the conversation on standard error, as curl -v shows it
    bool unpack = false;  // a body that says it is compressed
};

struct HttpBody {
    std::string text;
    std::optional<Input> stream;        // after the text
    std::optional<std::uint64_t> size;  // of all of it; unknown: in chunks
};

enum class HttpStage { resolve, connect, secure, send, head, body };

// What was wrong with an answer, for those whose exit status tells.
enum class HttpFault { none, empty, not_http, cut, large, packing };

// Moments of now(), 0: not reached.
struct HttpTimes {
    std::int64_t begin = 0, named = 0, connected = 0, secured = 0, sent = 0, first = 0, end = 0;
};

class HttpClient {
public:
    HttpClient(Invocation& call, HttpSettings& settings) : call_(call), settings_(settings) {}

    // Connects, sends, and reads the head of the answer; `request` is the head of the request.
    Result<> exchange(const parse::Url& url, std::string_view request, HttpBody& body,
                      bool asks_for_head);
    // The next bytes of the body; empty at its end. Valid until the next call.
    Result<std::string_view> read();

    HttpStage stage = HttpStage::resolve;
    HttpTimes times;
    std::string head_text;                 // interim answers and the answer
    parse::HttpHead head;                  // views into it
    std::uint64_t received = 0, sent = 0;  // of bodies
    std::size_t request_size = 0;
    parse::Address remote, local;
    int verdict = 0;
    HttpFault fault = HttpFault::none;

private:
    [[nodiscard]] std::int64_t patience(std::int64_t limit) const {
        return std::min(settings_.deadline, now() + limit);
    }
    void trace(std::string_view mark, std::string_view line);
    Result<std::vector<parse::Address>> find(const parse::Url& url);
    Result<> open(const parse::Url& url);
    Result<> send_body(HttpBody& body);
    Result<> read_head(bool asks_for_head);
    Result<bool> fill();
    Result<std::string_view> packed();

    Invocation& call_;
    HttpSettings& settings_;
    Connection connection_;
    std::unique_ptr<char[]> buffer_;
    std::string_view pending_;  // read and not used yet
    parse::HttpLength length_;
    parse::HttpChunks chunks_;
    std::uint64_t left_ = 0, made_ = 0;
    std::optional<parse::Unpacker> unpacker_;
    std::string_view packed_;
    std::unique_ptr<char[]> unpacked_;
    bool ended_ = false;
};

}  // namespace limpet::commands

// network/http_client.cpp - one request of HTTP and its answer, for curl and wget.
#include "commands/network/http_client.h"

#include "commands/network/resolve.h"
#include "parse/lines.h"

#include <algorithm>

namespace limpet::commands {
namespace {

constexpr std::size_t chunk = 65536;

}  // namespace

void HttpClient::trace(std::string_view mark, std::string_view line) {
    if (!settings_.trace) return;
    call_.error.write(mark);
    call_.error.write(line);
    call_.error.put('\n');
    call_.error.flush();
}

Result<std::vector<parse::Address>> HttpClient::find(const parse::Url& url) {
    for (const auto& one : settings_.overrides) {
        const bool host = one.host == "*" || parse::same_http_word(one.host, url.host);
        if (host && (one.port == 0 || one.port == url.port)) return one.addresses;
    }
    return resolve(call_.target, url.host, settings_.family);
}

Result<> HttpClient::open(const parse::Url& url) {
    const auto deadline = patience(settings_.connecting);
    Fd socket;
    if (!settings_.unix_socket.empty()) {
        stage = HttpStage::connect;
        trace("*   Trying ", settings_.unix_socket + "...");
        socket = TRY(connect_unix(call_.target, settings_.unix_socket, SOCK_STREAM, deadline));
        times.named = now();
        trace("* Connected to ", url.host);
    } else {
        auto addresses = TRY(find(url));
        times.named = now();
        stage = HttpStage::connect;
        Result<Fd> connected = failed("connect to", url.host, EADDRNOTAVAIL);
        for (std::size_t i = 0; i < addresses.size() && !connected; ++i) {
            auto& address = addresses[i];
            address.port = url.port;
            trace("*   Trying ", parse::text_with_port(address) + "...");
            // Half of what is left for each but the last: one that is silent hides no other.
            const auto left = deadline - now();
            const auto until = i + 1 < addresses.size() ? now() + left / 2 : deadline;
            connected = connect_to(address, SOCK_STREAM, until);
            if (connected) {
                remote = address;
            } else {
                trace("* ", text(connected.error()));
            }
        }
        socket = TRY(std::move(connected));
        SocketAddress here;
        if (::getsockname(socket.get(), here.get(), &here.size) == 0) local = address_of(here);
        std::string line(url.host);
        line.append(" (").append(parse::text(remote)).append(") port ");
        trace("* Connected to ", line + std::to_string(url.port) + " (#0)");
    }
    times.connected = now();
    connection_ = Connection(std::move(socket));
    if (!url.secure()) return {};
    stage = HttpStage::secure;
    auto tls = settings_.tls;
    tls.name = url.host;
    if (tls.verify) tls.roots = TRY(trusted_roots(call_.target, settings_.roots_file));
    const auto done = connection_.secure(tls, deadline);
    verdict = connection_.verdict();
    if (settings_.trace) {
        const auto report = connection_.report();
        if (!report.version.empty()) {
            trace("* SSL connection using ", report.version + " / " + report.cipher);
        }
        if (!report.chain.empty()) {
            trace("*  subject: ", report.chain[0].subject);
            trace("*  expire date: ", report.chain[0].not_after);
            trace("*  issuer: ", report.chain[0].issuer);
        }
        if (!report.version.empty()) {
            trace("*  SSL certificate verify: ", verdict ? report.verdict_text : "ok");
        }
    }
    TRY(done);
    times.secured = now();
    return {};
}

Result<> HttpClient::send_body(HttpBody& body) {
    std::string piece = std::move(body.text);
    for (;;) {
        if (!piece.empty()) {
            sent += piece.size();
            if (!body.size) {
                char size[24];
                std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
                piece.insert(0, size);
                piece += "\r\n";
            }
            TRY(connection_.write(piece, patience(settings_.silence)));
        }
        if (!body.stream) break;
        const auto block = TRY(body.stream->block());
        if (block.empty()) break;
        piece = block;
    }
    if (!body.size) return connection_.write("0\r\n\r\n", patience(settings_.silence));
    return {};
}

Result<> HttpClient::exchange(const parse::Url& url, std::string_view request, HttpBody& body,
                              bool asks_for_head) {
    times = {.begin = now()};
    stage = HttpStage::resolve;
    head_text.clear();
    head = {};
    pending_ = packed_ = {};
    chunks_ = {};
    unpacker_.reset();
    ended_ = false;
    fault = HttpFault::none;
    made_ = 0;
    TRY(open(url));
    stage = HttpStage::send;
    for (auto lines = request; !lines.empty();) {
        auto line = parse::take_line(lines);
        if (line.ends_with('\r')) line.remove_suffix(1);
        trace("> ", line);
    }
    request_size += request.size();
    TRY(connection_.write(request, patience(settings_.silence)));
    if (const auto done = send_body(body); !done) {
        // A server may have answered, and closed, before it had all.
        if (done.error().code != EPIPE && done.error().code != ECONNRESET) return done;
    }
    times.sent = now();
    stage = HttpStage::head;
    return read_head(asks_for_head);
}

Result<bool> HttpClient::fill() {
    if (!buffer_) buffer_.reset(new char[chunk]);
    const auto got = TRY(connection_.read({buffer_.get(), chunk}, patience(settings_.silence)));
    pending_ = {buffer_.get(), got};
    if (times.first == 0) times.first = now();
    return got > 0;
}

Result<> HttpClient::read_head(bool asks_for_head) {
    std::size_t begin = 0;
    for (int interim = 0;; ++interim) {
        if (interim > http_limits::interim) return refused("http", "more than 32 interim answers");
        std::size_t end = head_text.npos;
        while (end == head_text.npos) {
            if (pending_.empty() && !TRY(fill())) {
                fault = head_text.empty() ? HttpFault::empty : HttpFault::cut;
                return refused("http", head_text.empty() ? "Empty reply from server"
                                                         : "the head of the answer ends early");
            }
            const auto before = head_text.size();
            head_text += pending_;
            if (before == 0 && head_text.size() >= 5 && !head_text.starts_with("HTTP/")) {
                fault = HttpFault::not_http;
                return refused("http", "no HTTP/1 answer");
            }
            end = parse::http_head_end(std::string_view(head_text).substr(begin), before - begin);
            if (end != head_text.npos) {
                const auto all = begin + end;
                pending_.remove_prefix(all - before);
                head_text.resize(all);
            } else {
                pending_ = {};
            }
            if (head_text.size() > http_limits::head) {
                return refused("http", "the head of the answer has more than 300 KiB");
            }
        }
        const auto text = std::string_view(head_text).substr(begin);
        head = TRY(parse::http_head(text));
        for (auto lines = text; !lines.empty();) {
            auto line = parse::take_line(lines);
            if (line.ends_with('\r')) line.remove_suffix(1);
            trace("< ", line);
        }
        if (head.status >= 200 || head.status == 101) break;
        begin = head_text.size();
    }
    length_ = TRY(parse::http_length(head, asks_for_head));
    left_ = length_.size;
    stage = HttpStage::body;
    const auto coding = settings_.unpack ? head.field("Content-Encoding") : std::nullopt;
    if (coding &&
        (parse::same_http_word(*coding, "gzip") || parse::same_http_word(*coding, "x-gzip"))) {
        unpacker_.emplace(parse::Packing::gzip);
        if (!unpacked_) unpacked_.reset(new char[chunk]);
    }
    return {};
}

// The body without its chunks.
Result<std::string_view> HttpClient::packed() {
    using Kind = parse::HttpLength::Kind;
    for (;;) {
        const bool over = length_.kind == Kind::none ||
                          (length_.kind == Kind::known && left_ == 0) ||
                          (length_.kind == Kind::chunked && chunks_.done());
        if (over) return std::string_view();
        if (pending_.empty() && !TRY(fill())) {
            if (length_.kind == Kind::until_end) {
                length_.kind = Kind::none;
                return std::string_view();
            }
            fault = HttpFault::cut;
            if (length_.kind == Kind::chunked) {
                return refused("http", "transfer closed with outstanding read data remaining");
            }
            return refused("http", "transfer closed with " + std::to_string(left_) +
                                       " bytes remaining to read");
        }
        auto data = pending_;
        if (length_.kind == Kind::chunked) {
            const auto step = TRY(chunks_.step(pending_));
            pending_.remove_prefix(step.used);
            data = step.data;
        } else {
            if (length_.kind == Kind::known) data = data.substr(0, left_);
            pending_.remove_prefix(data.size());
            left_ -= std::min<std::uint64_t>(left_, data.size());
        }
        if (data.empty()) continue;
        received += data.size();
        if (received > settings_.largest) {
            fault = HttpFault::large;
            return refused("http", "Maximum file size exceeded");
        }
        return data;
    }
}

Result<std::string_view> HttpClient::read() {
    if (!unpacker_) return packed();
    for (;;) {
        if (packed_.empty() && !ended_) {
            packed_ = TRY(packed());
            ended_ = packed_.empty();
        }
        fault = HttpFault::packing;
        const auto step = TRY(unpacker_->step(packed_, {unpacked_.get(), chunk}));
        packed_.remove_prefix(step.used);
        made_ += step.made;
        if (made_ > http_limits::unpacked) {
            return refused("unpack", "the body has more than 1 GiB when it is unpacked");
        }
        if (ended_ && step.made == 0) TRY(unpacker_->finish());
        fault = HttpFault::none;
        if (step.made > 0 || ended_) return std::string_view(unpacked_.get(), step.made);
    }
}

}  // namespace limpet::commands
